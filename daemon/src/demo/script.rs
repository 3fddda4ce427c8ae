//! What the people of the demo say.

/// What stands in Bob's feed before it is linked. Such things are not carried over.
pub(super) const BEGINNING: &str = "What is everybody reading?";

/// Something that somebody does. Numbers count what was said, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Says something right in the conversation.
    Says { who: &'static str, text: &'static str },
    /// Answers what has this number.
    Answers { who: &'static str, number: usize, text: &'static str },
    /// Likes what has this number.
    Likes { who: &'static str, number: usize },
    /// Takes back what has this number.
    TakesBack { number: usize },
    /// Changes what has this number.
    Edits { number: usize, text: &'static str },
}

/// The conversation.
pub(super) const CONVERSATION: [Does; 12] = [
    Does::Says { who: "Alice", text: "The Trial. Somebody has been telling lies about Josef K." },
    Does::Answers { who: "Bob", number: 1, text: "Who has?" },
    Does::Answers {
        who: "Carol",
        number: 2,
        text: "That is never found out, naïve as it sounds 📚",
    },
    Does::Likes { who: "Alice", number: 2 },
    Does::Says { who: "Bob", text: LONG },
    Does::Likes { who: "Bob", number: 3 },
    Does::Says { who: "Carol", text: "Wrong window, that was for my sister." },
    Does::TakesBack { number: 5 },
    Does::Answers { who: "Bob", number: 1, text: "I will begin tonight." },
    Does::Edits { number: 6, text: "I will begin tomorrow." },
    Does::Answers { who: "Dana", number: 1, text: "I read it aloud to my sister, in one night." },
    Does::Likes { who: "Alice", number: 7 },
];

/// Longer than one cast of an account without Pro may be.
const LONG: &str = "I read it twenty years ago, on night trains, and what I remember is not the court \
but the rooms: attics where the air is so thick that the clerks faint when a window is opened, a \
bedroom that is also an office, a painter’s studio with a second door behind the bed, and behind that \
door the court again. Nobody ever goes anywhere in that book; they open a door and have arrived. I \
used to think that this was a dream’s way of telling things. Then I worked for some years in an \
administration, in a building with four staircases, and I do not think so any more. People there knew \
the corridors by heart and not one of them could have drawn a plan. What I had forgotten until I took \
it down again last week is how funny it is. K. is never only a victim: he lectures, he flirts, he eats \
an apple for breakfast because his breakfast has been eaten, and he is vain about the speech he makes \
to a hall that turns out to wear the same badge, all of it, left and right. Friends of the author are \
said to have laughed so hard when he read the first chapter aloud that he could not go on for a while. \
So read it aloud if you can, a chapter an evening, and not alone. And tell me when you come to the \
cathedral: I should like to hear what you make of the doorkeeper.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_cast_is_one_that_must_be_split() {
        assert!(LONG.len() > 1024 && LONG.len() < 2000, "{}", LONG.len());
        assert!(!LONG.contains("  "));
    }
}
