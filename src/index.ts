export {
  type AdminOptions,
  type Api,
  type ApiOptions,
  type DocsLogin,
  type Places,
  api,
  mount,
} from './contract/api.ts'
export {
  type BodyDeclared,
  type Chunk,
  type Content,
  type Rows,
  bytes,
  file,
  form,
  json,
  rows,
  stream,
  text,
  xml,
} from './contract/content.ts'
export type { BaseContext, HandlerContext, Undeclared } from './contract/context.ts'
export {
  type Dependency,
  type DependencyContext,
  type DependsOptions,
  type Scope,
  type Uses,
  depends,
} from './contract/depends.ts'
export {
  type Endpoint,
  type EndpointLimits,
  type EndpointSpec,
  type Handler,
  type Method,
  type Verb,
  del,
  get,
  head,
  options,
  patch,
  post,
  put,
  query,
} from './contract/endpoint.ts'
export { type ErrorFormat, errorEnvelope, errorFormat, problemDocuments } from './contract/error-format.ts'
export { type CsvOptions, type Format, type FormatName, type Formats, csv } from './contract/formats.ts'
export { type GroupOptions, type Members, type SecurityOption, group } from './contract/group.ts'
export type { After, Before, HookContext, Hooks, Middleware, MiddlewareContext, Next, Reply } from './contract/hooks.ts'
export { type Handlers, implement } from './contract/implement.ts'
export { type MultipartFields, type MultipartForm, type MultipartLimits, multipart } from './contract/multipart.ts'
export { type CursorPage, type OffsetPage, type PageQuery, page } from './contract/page.ts'
export type { Path, PathParams } from './contract/path.ts'
export {
  type CheckedEndpoint,
  type Computed,
  type Policy,
  type PolicyContext,
  type PolicyContract,
  type PolicyFault,
  type PolicyStages,
  type PolicyTarget,
  policy,
} from './contract/policy.ts'
export type { Backend } from './contract/port.ts'
export type { Principal } from './contract/principal.ts'
export {
  type Failure,
  type FieldError,
  Problem,
  type ProblemOptions,
  type ProblemType,
  isProblem,
  problem,
} from './contract/problem.ts'
export * from './contract/problems.ts'
export {
  type LocationOf,
  type RedirectStatus,
  type ReplyHeaders,
  type ReplyOptions,
  type ReplySpec,
  type StatedReply,
  accepted,
  created,
  noContent,
  ok,
  redirect,
  reply,
  status,
} from './contract/reply-spec.ts'
export type { Request } from './contract/request.ts'
export type { Decoded, Encodable, Received, Schema, Sent } from './contract/schema.ts'
export type { OneOfSchemes, ProtectedResource, Security, SecurityScheme } from './contract/security.ts'
export { type Upload, type UploadField, type UploadOptions, upload } from './contract/upload.ts'
export { url } from './contract/url.ts'
export type { Version, Versions } from './contract/version.ts'
export { type VersionsOf, type VersionsOptions, versions } from './contract/versions.ts'
export { type Operation, walk } from './contract/walk.ts'
