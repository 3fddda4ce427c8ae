// Lens's true schema, from its official package, with scalars that know their own form.
import { GraphQLError, isScalarType, specifiedRules, valueFromASTUntyped } from "graphql";
import { OverlappingFieldsCanBeMergedRule } from "graphql";
import { schema } from "@lens-protocol/graphql/test-utils";

const text = (form) => (value) => typeof value === "string" && form.test(value);
const anyText = (value) => typeof value === "string" && value !== "";
const isDate = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isUri = (value) => typeof value === "string" && /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(value);

const FORMS = {
  AccessToken: text(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  AlwaysTrue: (value) => value === true,
  AuthenticationSignature: text(/^0x([0-9a-fA-F]{2})+$/),
  BigInt: (value) => /^-?\d+$/.test(String(value)),
  BigDecimal: (value) => /^-?\d+(\.\d+)?$/.test(String(value)),
  BlockchainData: text(/^0x([0-9a-fA-F]{2})*$/),
  Cursor: anyText,
  DateTime: (value) => isDate(value) && /^\d{4}-\d\d-\d\dT/.test(value),
  EvmAddress: text(/^0x[0-9a-fA-F]{40}$/),
  GeneratedNotificationId: anyText,
  IdToken: text(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  Locale: text(/^[a-z]{2}(-[a-zA-Z]{2})?$/),
  MetadataId: anyText,
  PostId: text(/^\w+$/),
  RefreshToken: anyText,
  Tag: text(/^.{1,50}$/su),
  TxHash: text(/^0x[0-9a-fA-F]{64}$/),
  URI: isUri,
  URL: isUri,
  UUID: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  UsernameValue: text(/^[^/\s]+\/[^/\s]+$/u),
  JsonString: anyText,
};

for (const type of Object.values(schema.getTypeMap())) {
  const holds = isScalarType(type) && FORMS[type.name];
  if (!holds) continue;
  const checked = (value) => {
    if (holds(value)) return value;
    throw new GraphQLError(`no ${type.name}: ${JSON.stringify(value)?.slice(0, 80)}`);
  };
  type.parseValue = checked;
  type.serialize = checked;
  type.parseLiteral = (node, variables) => checked(valueFromASTUntyped(node, variables));
}

export { schema };

/** Every rule that a specification-true server has. */
export const ALL_RULES = [...specifiedRules];

/** What the official client's own documents keep: all but the rule on overlapping fields. */
export const CLIENT_RULES = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);
