export type {
  ComponentsObject,
  HeaderObject,
  JsonSchema,
  MediaType,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  PathItem,
  Reference,
  RequestBodyObject,
  ResponseObject,
  SecurityRequirement,
  TagObject,
} from './projections/openapi/objects.ts'
export { type OpenApiOptions, toOpenApi } from './projections/openapi/to-openapi.ts'
