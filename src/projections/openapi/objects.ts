/** The parts of OpenAPI 3.1.0 that Trestle writes (https://spec.openapis.org/oas/v3.1.0). */

import type { Versions } from '../../contract/version.ts'

/** A JSON Schema (draft 2020-12), which is what OpenAPI 3.1 describes values with. */
export type JsonSchema = { [keyword: string]: unknown }

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: InfoObject
  /** Where versions stand side by side: the header field that names one, all of them, and the default. */
  'x-trestle-versions'?: Versions
  servers: { url: string }[]
  /** Always empty: nobody has to say who they are unless an operation says so. */
  security: SecurityRequirement[]
  tags: TagObject[]
  paths: Record<string, PathItem>
  components: ComponentsObject
}

export interface InfoObject {
  title: string
  version: string
  description?: string
  contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
  license?: { readonly name: string; readonly identifier?: string; readonly url?: string }
}

export interface TagObject {
  name: string
  description?: string
}

/** The methods of a path; QUERY has no place in OpenAPI 3.1. */
export type PathItem = { [M in 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch']?: OperationObject }

export interface OperationObject {
  tags?: string[]
  summary: string
  description?: string
  operationId: string
  'x-trestle-id'?: string
  'x-trestle-path'?: string
  deprecated?: true
  security?: SecurityRequirement[]
  parameters?: ParameterObject[]
  requestBody?: RequestBodyObject
  responses: Record<string, ResponseObject | Reference>
}

export interface ParameterObject {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  description?: string
  required?: true
  deprecated?: true
  style?: 'form'
  explode?: boolean
  schema: JsonSchema
}

export interface RequestBodyObject {
  description?: string
  required: boolean
  content: Record<string, MediaType>
}

export interface ResponseObject {
  description: string
  headers?: Record<string, HeaderObject>
  content?: Record<string, MediaType>
}

export interface HeaderObject {
  description?: string
  required?: true
  schema: JsonSchema
}

export interface MediaType {
  schema?: JsonSchema
  /** Of a multipart form: how its fields travel, by their names. */
  encoding?: Record<string, { contentType: string }>
  'x-trestle-kind'?: string
}

export interface Reference {
  $ref: string
}

export interface ComponentsObject {
  schemas?: Record<string, JsonSchema>
  responses?: Record<string, ResponseObject>
  securitySchemes?: Record<string, object>
}

/** Schemes by name, with the scopes needed; all of them at once. */
export type SecurityRequirement = Record<string, string[]>
