//! Which types a fragment on a union takes in. The API has no interfaces.

/// Whether a fragment on `condition` is for an object of type `typename`.
pub(super) fn takes_in(condition: &str, typename: &str) -> bool {
    condition == typename
        || UNIONS
            .iter()
            .find(|(union, _)| *union == condition)
            .is_some_and(|(_, members)| members.split(' ').any(|member| member == typename))
}

const UNIONS: &[(&str, &str)] = &[
    ("AccountAction", "TippingAccountAction UnknownAccountAction"),
    ("AccountActionExecuted", "TippingAccountActionExecuted UnknownAccountActionExecuted"),
    ("AccountAvailable", "AccountManaged AccountOwned"),
    (
        "AccountFollowOperationValidationOutcome",
        "AccountFollowOperationValidationPassed AccountFollowOperationValidationUnknown \
         AccountFollowOperationValidationFailed",
    ),
    ("AccountFollowOperationValidationRule", "AccountFollowRule GraphRule"),
    (
        "AddAccountManagerResult",
        "SponsoredTransactionRequest SelfFundedTransactionRequest TransactionWillFail",
    ),
    ("AddReactionResult", "AddReactionResponse AddReactionFailure"),
    (
        "AnyKeyValue",
        "IntKeyValue IntNullableKeyValue AddressKeyValue StringKeyValue BooleanKeyValue \
         RawKeyValue BigDecimalKeyValue DictionaryKeyValue ArrayKeyValue",
    ),
    ("AnyMedia", "MediaAudio MediaImage MediaVideo"),
    ("AnyPost", "Post Repost"),
    (
        "ArrayData",
        "IntKeyValue IntNullableKeyValue AddressKeyValue StringKeyValue BooleanKeyValue \
         RawKeyValue BigDecimalKeyValue DictionaryKeyValue",
    ),
    (
        "AuthenticationResult",
        "AuthenticationTokens WrongSignerError ExpiredChallengeError ForbiddenError",
    ),
    (
        "BlockResult",
        "AccountBlockedResponse SponsoredTransactionRequest SelfFundedTransactionRequest \
         TransactionWillFail",
    ),
    (
        "CreateGroupResult",
        "CreateGroupResponse SponsoredTransactionRequest SelfFundedTransactionRequest \
         TransactionWillFail",
    ),
    (
        "DeletePostResult",
        "DeletePostResponse SponsoredTransactionRequest SelfFundedTransactionRequest \
         TransactionWillFail",
    ),
    (
        "EnableSignlessResult",
        "SponsoredTransactionRequest SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "FeedOperationValidationOutcome",
        "FeedOperationValidationPassed FeedOperationValidationUnknown \
         FeedOperationValidationFailed",
    ),
    (
        "FollowResult",
        "FollowResponse AccountFollowOperationValidationFailed SponsoredTransactionRequest \
         SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "GroupOperationValidationOutcome",
        "GroupOperationValidationPassed GroupOperationValidationUnknown \
         GroupOperationValidationFailed",
    ),
    (
        "JoinGroupResult",
        "JoinGroupResponse GroupOperationValidationFailed SponsoredTransactionRequest \
         SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "LeaveGroupResult",
        "LeaveGroupResponse GroupOperationValidationFailed SponsoredTransactionRequest \
         SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "NamespaceOperationValidationOutcome",
        "NamespaceOperationValidationPassed NamespaceOperationValidationUnknown \
         NamespaceOperationValidationFailed",
    ),
    (
        "Notification",
        "PostActionExecutedNotification AccountActionExecutedNotification \
         GroupMembershipRequestApprovedNotification \
         GroupMembershipRequestRejectedNotification ReactionNotification CommentNotification \
         RepostNotification QuoteNotification FollowNotification MentionNotification \
         TokenDistributedNotification",
    ),
    ("PayableAmount", "NativeAmount Erc20Amount"),
    ("PostAction", "SimpleCollectAction UnknownPostAction"),
    (
        "PostActionExecuted",
        "TippingPostActionExecuted SimpleCollectPostActionExecuted UnknownPostActionExecuted",
    ),
    ("PostMention", "AccountMention GroupMention"),
    (
        "PostMetadata",
        "ArticleMetadata AudioMetadata CheckingInMetadata EmbedMetadata EventMetadata \
         ImageMetadata LinkMetadata LivestreamMetadata MintMetadata SpaceMetadata \
         StoryMetadata TextOnlyMetadata ThreeDMetadata TransactionMetadata VideoMetadata \
         UnknownPostMetadata",
    ),
    (
        "PostOperationValidationOutcome",
        "PostOperationValidationPassed PostOperationValidationUnknown \
         PostOperationValidationFailed",
    ),
    ("PostOperationValidationRule", "PostRule FeedRule"),
    (
        "PostResult",
        "PostResponse PostOperationValidationFailed SponsoredTransactionRequest \
         SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "PrimitiveData",
        "IntKeyValue IntNullableKeyValue AddressKeyValue StringKeyValue BooleanKeyValue \
         RawKeyValue BigDecimalKeyValue",
    ),
    ("RefreshResult", "AuthenticationTokens ForbiddenError"),
    (
        "RemoveAccountManagerResult",
        "SponsoredTransactionRequest SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "RemoveSignlessResult",
        "SponsoredTransactionRequest SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "SetAccountMetadataResult",
        "SetAccountMetadataResponse SponsoredTransactionRequest SelfFundedTransactionRequest \
         TransactionWillFail",
    ),
    (
        "SimpleCollectValidationOutcome",
        "SimpleCollectValidationPassed SimpleCollectValidationFailed",
    ),
    ("SwitchAccountResult", "AuthenticationTokens ForbiddenError"),
    (
        "TransactionStatusResult",
        "PendingTransactionStatus FinishedTransactionStatus FailedTransactionStatus \
         NotIndexedYetStatus",
    ),
    (
        "UnblockResult",
        "AccountUnblockedResponse SponsoredTransactionRequest SelfFundedTransactionRequest \
         TransactionWillFail",
    ),
    ("UndoReactionResult", "UndoReactionResponse UndoReactionFailure"),
    (
        "UnfollowResult",
        "UnfollowResponse AccountFollowOperationValidationFailed SponsoredTransactionRequest \
         SelfFundedTransactionRequest TransactionWillFail",
    ),
    (
        "UpdateAccountManagerResult",
        "SponsoredTransactionRequest SelfFundedTransactionRequest TransactionWillFail",
    ),
];
