//! Files, before they are sealed.

use std::borrow::Cow;

use prost::Message as _;

use super::{Halt, SealingFor};
use crate::media::Enclosure;
use crate::session::Wanted;
use crate::wire::proto::content::EncodedContent;

impl SealingFor<'_> {
    /// A content as it is to be said in a group: where it stands for a file, that is brought first,
    /// for this group alone.
    pub(super) fn with_file<'c>(
        &self,
        group: &[u8],
        content: &'c [u8],
    ) -> Result<Cow<'c, [u8]>, Halt> {
        let encoded = EncodedContent::decode(content)
            .map_err(|_form| Halt::Refused("the content is not in its form".to_owned()))?;
        let Some(enclosure) = Enclosure::read(&encoded) else { return Ok(content.into()) };
        let name = enclosure.name(group);
        let Some(laid) = self.kept().laid(&name)? else {
            let what = format!("file/{name}");
            let reason = "the picture has not been brought yet";
            let wanted = Wanted::File { name, enclosure: Box::new(enclosure) };
            return Err(self.session.want(what, reason, wanted).into());
        };
        self.kept().forget_laid(&name);
        let mut told = enclosure.told(laid);
        told.parameters.extend(encoded.parameters);
        Ok(told.encode_to_vec().into())
    }
}
