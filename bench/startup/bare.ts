import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  const path = request.url as string
  if (request.method === 'GET' && path.startsWith('/hello/')) {
    const body = JSON.stringify({ hello: decodeURIComponent(path.slice(7)) })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  } else {
    response.writeHead(404).end()
  }
})

server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
