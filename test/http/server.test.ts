import t from 'tap'
import { z } from 'zod'
import { call, serviceToken, TEST_SECRET, token } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'

const node = await startNode(t, { JWT_SECRET: TEST_SECRET })

const operation = z.looseObject({
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean().optional(),
        schema: z.looseObject({}),
      }),
    )
    .default([]),
  requestBody: z
    .looseObject({
      content: z.record(
        z.enum(['application/json', 'multipart/form-data']),
        z.looseObject({ schema: z.looseObject({}) }).optional(),
      ),
    })
    .optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
})
const openapi = z.looseObject({
  openapi: z.string().regex(/^3\.1\./),
  info: z.looseObject({ title: z.string().min(1), version: z.string().regex(/^\d+\.\d+\.\d+/) }),
  components: z.looseObject({ securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })) }),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(z.enum(['get', 'post', 'put', 'patch', 'delete', 'head']), operation),
  ),
})

// Section 5 of the contract, what this version has of it.
const ROUTES = `
  GET /chats
  POST /chats
  GET /chats/{id}
  GET /chats/{id}/members
  GET /chats/{id}/messages
  POST /chats/{id}/messages
  PATCH /chats/{id}/messages/{seq}
  DELETE /chats/{id}/messages/{seq}
  POST /chats/{id}/read
  POST /chats/{id}/archive
  POST /chats/{id}/unarchive
  POST /chats/{id}/attachments
  POST /chats/{id}/attachments/presign
  POST /chats/{id}/attachments/{attachmentId}/complete
  GET /chats/{id}/attachments/{attachmentId}
  POST /chats/{id}/members
  DELETE /chats/{id}/members/{userId}
  POST /chats/{id}/close
  POST /chats/{id}/reopen
  POST /chats/{id}/system-messages
  PUT /users/{id}
  DELETE /users/{id}/sessions
  GET /users/{id}/export
  DELETE /users/{id}
  GET /audit
`
  .trim()
  .split(/\s*\n\s*/)

t.test(
  '/openapi.json has every route, says which need a token, and refers to nothing that is not there',
  async (t) => {
    const { status, body } = await call(node, undefined, 'GET', '/openapi.json')
    t.equal(status, 200)
    const document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(body)
    for (const methods of Object.values(document.paths))
      for (const [method, value] of Object.entries(methods))
        t.ok(operation.safeParse(value).success, `${method}`)
    const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, value]) => ({
        path,
        route: `${method.toUpperCase()} ${path}`,
        ...operation.parse(value),
      })),
    )
    const routes = paths.map(({ route }) => route)
    for (const route of [...ROUTES, 'GET /livez', 'GET /readyz']) t.ok(routes.includes(route), route)
    for (const { path, route, parameters, security, responses } of paths) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = parameters.filter((one) => one.in === 'path')
      t.same(declared.map(({ name }) => name).sort(), named.sort(), `${route}: its path is described`)
      t.ok(declared.every(({ required }) => required === true))
      t.ok(
        Object.keys(responses).some((code) => code.startsWith('2')),
        `${route}: an answer is described`,
      )
      t.equal(security?.some((one) => 'bearer' in one) ?? false, ROUTES.includes(route), `${route}: security`)
    }
    const text = JSON.stringify(body)
    t.notMatch(text, /\/dev\/token|config\.json/)
    for (const [, pointer = ''] of text.matchAll(/"\$ref":"#([^"]*)"/g)) {
      const found = pointer
        .split('/')
        .slice(1)
        .reduce<unknown>(
          (at, key) =>
            typeof at === 'object' && at !== null
              ? Object.entries(at).find(([name]) => name === key)?.[1]
              : undefined,
          body,
        )
      t.ok(found, pointer)
    }
    t.ok(openapi.safeParse({ ...body, paths: {} }).success)
  },
)

t.test('routes need a token, checked before anything else', async (t) => {
  for (const route of ROUTES) {
    const [method = '', path = ''] = route.replaceAll(/\{\w+\}/g, 'x').split(' ')
    const answer = await call(node, undefined, method, path, method === 'GET' ? undefined : 'not JSON')
    t.equal(answer.status, 401, route)
    t.match(answer.body, {
      error: { code: 'unauthenticated', message: /./, temporary: false, requestId: /./ },
    })
  }
})

t.test('the scheme Bearer is not a matter of case; another scheme is no token', async (t) => {
  const bearer = token('ann', 'Ann Lee')
  for (const [authorization, status] of [
    [`bearer ${bearer}`, 200],
    [`BEARER  ${bearer}`, 200],
    [`Basic ${bearer}`, 401],
    [bearer, 401],
    ['Bearer ', 401],
  ] as const)
    t.equal((await call(node, undefined, 'GET', '/chats', undefined, { authorization })).status, status)
})

t.test('every failure has an id of its own, also of what is no route', async (t) => {
  const answers = await Promise.all([
    call(node, undefined, 'GET', '/nothing'),
    call(node, undefined, 'GET', '/chats'),
    call(node, token('ann', 'Ann'), 'GET', '/chats/nothing'),
    call(node, token('ann', 'Ann'), 'DELETE', '/chats'),
    call(node, serviceToken(), 'POST', '/chats', {}),
  ])
  t.same(
    answers.map(({ status }) => status),
    [404, 401, 403, 404, 400],
  )
  for (const { body, headers } of answers) {
    t.same(Object.keys(body.error).sort(), ['code', 'message', 'requestId', 'temporary'])
    t.match(headers.get('content-type'), /^application\/json/)
  }
  t.equal(new Set(answers.map(({ body }) => body.error.requestId)).size, answers.length)
})

t.test('embedded, pages of every origin may ask', async (t) => {
  const answer = await call(node, token('ann', 'Ann'), 'GET', '/chats', undefined, {
    origin: 'https://shop.example',
  })
  t.equal(answer.headers.get('access-control-allow-origin'), '*')
  const preflight = await fetch(`${node.url}/chats`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-headers'), /authorization/)
  for (const method of ['PUT', 'DELETE'])
    t.match(preflight.headers.get('access-control-allow-methods'), new RegExp(method))
})
