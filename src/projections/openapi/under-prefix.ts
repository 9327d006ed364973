import type { OpenApiDocument } from './objects.ts'

/** The document as callers behind a proxy need it, who have the API under a prefix. Servers elsewhere stay as they are. */
export function underPrefix(document: OpenApiDocument, prefix: string): OpenApiDocument {
  const servers = document.servers.map((server) =>
    /^\/(?!\/)/.test(server.url) ? { ...server, url: prefix + server.url.replace(/\/$/, '') } : server,
  )
  return { ...document, servers }
}
