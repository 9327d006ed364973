/** A media type with its parameters (RFC 9110 §8.3.1): what `Content-Type` may hold. */
export const MEDIA_TYPE: RegExp =
  /^[\w!#$%&'*+\-.^`|~]+\/[\w!#$%&'*+\-.^`|~]+(?:[\t ]*;[\t ]*(?:[\w!#$%&'*+\-.^`|~]+=(?:[\w!#$%&'*+\-.^`|~]+|"(?:[\t !#-[\]-~]|\\[\t -~])*"))?)*$/
