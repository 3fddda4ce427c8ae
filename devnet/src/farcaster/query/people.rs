//! Questions about people: profiles, names, verified addresses, storage.

use tonic::Status;

use crate::farcaster::clock;
use crate::farcaster::store::{Chain, PageRequest, STORES, user_data_slot};
use crate::farcaster::wire::{
    FidAddressTypeRequest, FidAddressTypeResponse, FidRequest, Message, MessagesResponse,
    StorageLimit, StorageLimitsResponse, StorageUnitDetails, StorageUnitType, StoreType,
    TierDetails, TierType, UserDataRequest, UserNameProof, UsernameProofRequest,
    UsernameProofsResponse, VerificationRequest,
};

impl Chain {
    pub(crate) fn user_data(&self, request: &UserDataRequest) -> Result<Message, Status> {
        let slot = user_data_slot(request.user_data_type);
        self.account(request.fid)
            .and_then(|account| account.set(StoreType::UserData).get(&slot))
            .map(|signed| signed.wire())
            .ok_or_else(|| Status::not_found("user data not found"))
    }

    pub(crate) fn user_data_by_fid(&self, request: FidRequest) -> MessagesResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        self.list(request.fid, StoreType::UserData, &page, |_| true)
    }

    pub(crate) fn name_proof(
        &self,
        request: &UsernameProofRequest,
    ) -> Result<UserNameProof, Status> {
        self.registry
            .name(&request.name)
            .cloned()
            .ok_or_else(|| Status::not_found("Username proof not found"))
    }

    pub(crate) fn name_proofs_by_fid(&self, request: &FidRequest) -> UsernameProofsResponse {
        UsernameProofsResponse { proofs: self.registry.names_of(request.fid).cloned().collect() }
    }

    pub(crate) fn verification(&self, request: &VerificationRequest) -> Result<Message, Status> {
        self.account(request.fid)
            .and_then(|account| account.set(StoreType::Verifications).get(&request.address))
            .map(|signed| signed.wire())
            .ok_or_else(|| Status::not_found("verification not found"))
    }

    pub(crate) fn verifications_by_fid(&self, request: FidRequest) -> MessagesResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        self.list(request.fid, StoreType::Verifications, &page, |_| true)
    }

    pub(crate) fn address_type(&self, request: &FidAddressTypeRequest) -> FidAddressTypeResponse {
        let account = self.account(request.fid);
        let address = request.address.as_slice();
        FidAddressTypeResponse {
            is_custody: self.registry.custody(request.fid) == Some(address),
            is_auth: account.is_some_and(|account| account.is_auth_address(address)),
            is_verified: account.is_some_and(|account| {
                account.set(StoreType::Verifications).get(address).is_some()
            }),
        }
    }

    pub(crate) fn storage_limits(&self, request: &FidRequest) -> StorageLimitsResponse {
        let account = self.account(request.fid);
        let units =
            account.map(|account| account.units(clock::unix_ms() / 1000)).unwrap_or_default();
        let limit = |store: StoreType| StorageLimit {
            store_type: store.into(),
            name: store.as_str_name().trim_start_matches("STORE_TYPE_").to_owned(),
            limit: units.max(store),
            used: account
                .map_or(0, |account| u64::try_from(account.set(store).len()).unwrap_or(u64::MAX)),
            ..StorageLimit::default()
        };
        let detail = |kind: StorageUnitType, count: u32| StorageUnitDetails {
            unit_type: kind.into(),
            unit_size: count,
            purchased_unit_size: count,
            ..StorageUnitDetails::default()
        };
        StorageLimitsResponse {
            limits: STORES.into_iter().map(limit).collect(),
            units: units.total(),
            unit_details: vec![
                detail(StorageUnitType::UnitTypeLegacy, units.legacy),
                detail(StorageUnitType::UnitType2024, units.of_2024),
                detail(StorageUnitType::UnitType2025, units.of_2025),
            ],
            tier_subscriptions: account
                .and_then(|account| account.pro_until())
                .map(|expires_at| TierDetails { tier_type: TierType::Pro.into(), expires_at })
                .into_iter()
                .collect(),
        }
    }
}
