/** An OpenAPI 3.1 document of some variety: enum, references, security, problems, markdown. */
export const sampleDocument: Record<string, unknown> = {
  openapi: '3.1.1',
  info: {
    title: 'Shop <b>&</b> Sons',
    version: '1.0.0',
    description: 'Orders and products. **Amounts** are in cents.',
  },
  tags: [
    { name: 'orders', description: 'What customers *buy*.' },
    { name: 'products', description: 'What there is to buy.' },
  ],
  paths: {
    '/orders': {
      get: {
        operationId: 'orders.list',
        summary: 'List the orders',
        tags: ['orders'],
        parameters: [
          { name: 'status', in: 'query', schema: { $ref: '#/components/schemas/Status' } },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
        ],
        responses: {
          200: {
            description: 'A page of orders',
            content: {
              'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Order' } } },
            },
          },
        },
      },
      post: {
        operationId: 'orders.create',
        summary: 'Create an order',
        tags: ['orders'],
        security: [{ bearer: [] }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/OrderIn' } } },
        },
        responses: {
          201: {
            description: 'Created',
            headers: { Location: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
          422: {
            description: 'Some fields are not valid',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    },
    '/orders/{id}': {
      delete: {
        operationId: 'orders.remove',
        summary: 'Remove an order',
        tags: ['orders'],
        deprecated: true,
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        responses: { 204: { description: 'Removed' } },
      },
    },
    '/products': {
      get: {
        operationId: 'products.list',
        summary: 'List the products',
        tags: ['products'],
        responses: { 200: { description: 'Names', content: { 'application/json': { schema: { type: 'array' } } } } },
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: {
      Status: { type: 'string', enum: ['open', 'paid', 'shipped'] },
      OrderIn: {
        type: 'object',
        required: ['customer_id', 'items'],
        properties: {
          customer_id: { type: 'integer', examples: [42] },
          items: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['sku', 'qty'],
              properties: {
                sku: { type: 'string', minLength: 1, examples: ['BOLT'] },
                qty: { type: 'integer', minimum: 1 },
              },
            },
          },
          notes: { type: 'string' },
        },
      },
      Order: {
        allOf: [
          { $ref: '#/components/schemas/OrderIn' },
          {
            type: 'object',
            required: ['id', 'status'],
            properties: {
              id: { type: 'string', format: 'uuid' },
              status: { $ref: '#/components/schemas/Status' },
            },
          },
        ],
      },
      Problem: {
        type: 'object',
        required: ['status', 'code'],
        properties: { status: { type: 'integer' }, code: { type: 'string' } },
      },
    },
  },
}
