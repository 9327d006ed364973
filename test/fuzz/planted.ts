import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'

/** A server that does not keep to its description, in every way that the tool is to see. Nothing of Trestle is in it. */

const problem = { type: 'object', required: ['status'], properties: { status: { type: 'integer' } } }
const json = (schema: object): object => ({ description: '', content: { 'application/json': { schema } } })
const failure = {
  description: '',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }
const number = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
const location = { Location: { schema: { type: 'string' } } }

/** What each operation promises for its first status, besides 400, 404 and 500. */
const promised: Readonly<Record<string, object>> = {
  'get /sound': { 200: json(number) },
  'get /sound/packed': { 200: json(number) },
  'get /miscoded': { 200: json(number) },
  'get /wrong-body': { 200: json(number) },
  'get /wrong-format': { 200: json({ type: 'string', format: 'date-time' }) },
  'get /wrong-type': { 200: json(number) },
  'get /no-json': { 200: json({}) },
  'get /undeclared': { 200: json({}) },
  'get /broken': { 200: json({}) },
  'get /hangs': { 200: json({}) },
  'get /closes': { 200: json({}) },
  'get /status': { 200: json({}) },
  'get /tells': { 200: json({}) },
  'get /unlabelled': { 204: { description: '' } },
  'get /things/{id}': { 200: json(number) },
  'post /things': { 201: { ...json(number), headers: location } },
  'put /takes': { 204: { description: '' } },
}

const paths: Record<string, Record<string, object>> = {}
for (const [key, responses] of Object.entries(promised)) {
  const [method = '', path = ''] = key.split(' ')
  paths[path] = {
    ...paths[path],
    [method]: {
      operationId: key,
      ...(path.includes('{') ? { parameters: [id] } : {}),
      ...(method === 'put'
        ? { requestBody: { required: true, content: { 'application/json': { schema: number } } } }
        : {}),
      responses: { ...responses, 400: failure, 404: failure, 500: failure },
    },
  }
}
const description = {
  openapi: '3.1.0',
  info: { title: 'Planted', version: '1' },
  paths,
  components: { schemas: { Problem: problem } },
}

let hangs = 0
const server = createServer((request, response) => {
  request.resume()
  const { method = '', url = '' } = request
  const send = (
    status: number,
    body: unknown,
    type = 'application/json',
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(status, { ...(body === undefined ? {} : { 'content-type': type }), ...headers })
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  }
  const refuse = (status: number, body: object = { status }, headers = {}): void =>
    send(status, body, 'application/problem+json', headers)
  const path = url.replace(/^https?:\/\/[^/]*/i, '').split('?')[0] ?? ''
  const known = Object.keys(promised).filter((key) =>
    new RegExp(`^${key.split(' ')[1]?.replace('{id}', '[^/]+')}$`).test(path),
  )
  const methods = known.map((key) => key.split(' ')[0]?.toUpperCase() ?? '')
  const asked = method === 'HEAD' ? 'GET' : method
  if (path === '/openapi.json') return send(200, description)
  if (/\\|[^\x21-\x7e]|#/.test(url) || !path.startsWith('/') || /\/(\.|%2e){1,2}(\/|$)/i.test(path)) return refuse(400)
  if (url.length > 8192) return refuse(414)
  if (known.length === 0) return refuse(404)
  if (!methods.includes(asked)) return refuse(405, { status: 405 }, { allow: 'nothing of the kind' })
  switch (known[methods.indexOf(asked)]) {
    case 'get /sound':
      return send(200, { n: 1 })
    case 'get /sound/packed': {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(method === 'HEAD' ? undefined : gzipSync('{"n":1}'))
      return
    }
    case 'get /miscoded':
      return send(200, { n: 1 }, 'application/json', { 'content-encoding': 'br' })
    case 'get /wrong-body':
      return send(200, { n: '1' })
    case 'get /wrong-format':
      return send(200, '"yesterday"')
    case 'get /wrong-type':
      return send(200, { n: 1 }, 'text/plain')
    case 'get /no-json':
      return send(200, '{')
    case 'get /undeclared':
      return refuse(418)
    case 'get /broken':
      return refuse(500)
    case 'get /hangs':
      return hangs++ === 5 ? undefined : send(200, {})
    case 'get /closes':
      request.socket.destroy()
      return
    case 'get /status':
      return refuse(404, { status: 400 })
    case 'get /tells':
      return refuse(404, { status: 404, detail: 'Error\n    at read (/srv/app.js:1:1)' } as object)
    case 'get /unlabelled':
      return send(204, undefined, '', { 'content-type': 'text/plain' })
    case 'get /things/{id}':
      return send(200, { n: 1 })
    case 'post /things':
      return send(201, { n: 1 })
    default:
      return send(204, undefined)
  }
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`)
})
if (process.env.COMPLAINS !== undefined) process.stderr.write('something is wrong\n')
if (process.env.ENDS !== undefined) setTimeout(() => process.exit(3), 700)
