// What the API answers where a request is not one that it can answer.
import { GraphQLError } from "graphql";

const fault = (code) => (message) => new GraphQLError(message, { extensions: { code } });

export const badInput = fault("BAD_USER_INPUT");
export const badRequest = fault("BAD_REQUEST");
export const forbidden = fault("FORBIDDEN");
export const unauthenticated = fault("UNAUTHENTICATED");
