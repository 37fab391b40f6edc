import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { z } from 'zod'
import { asyncApiDocument } from '../../src/protocol/asyncapi.js'
import { ERRORS } from '../../src/protocol/errors.js'
import { errorBody } from '../../src/protocol/named-schemas.js'
import { call, serviceToken, TEST_SECRET, token } from '../helpers/clients.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'

const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
const documents = ['openapi.json', 'asyncapi.json']

interface Page {
  readonly url: URL
  readonly html: string
  readonly ids: ReadonlySet<string>
  readonly hrefs: readonly string[]
}

async function fetchPage(url: URL): Promise<Page> {
  const response = await fetch(url)
  const html = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} for ${url.href}`)
  const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, value = '']) => value)
  return { url, html, ids: new Set(all(/ id="([^"]*)"/g)), hrefs: all(/ href="([^"]*)"/g) }
}

/** Every page that can be reached from the start, by its path. */
async function crawl(): Promise<Map<string, Page>> {
  const pages = new Map<string, Page>()
  const waiting = [new URL('/docs', node.url)]
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (pages.has(url.pathname)) continue
    const page = await fetchPage(url)
    pages.set(url.pathname, page)
    for (const href of page.hrefs) {
      const { origin, pathname } = new URL(href, url)
      if (origin === url.origin && /^\/docs(\/[\w-]+)?$/.test(pathname)) waiting.push(new URL(pathname, url))
    }
  }
  return pages
}

const pages = await crawl()

t.test('the guides and the references are pages, reached from the start', async (t) => {
  t.strictSame(
    [...pages.keys()].sort(),
    ['', '/backend', '/browser', '/contract', '/from-socketio', '/limits', '/react', '/rest', '/socket'].map(
      (page) => `/docs${page}`,
    ),
  )
  for (const [path, { html, ids }] of pages) {
    t.match(html, /^<!doctype html>\s*<html lang="en">/, path)
    t.equal(html.match(/<h1/g)?.length, 1, `${path}: one title`)
    t.equal(html.match(/ id="/g)?.length, ids.size, `${path}: every id once`)
    t.match(html, /<meta name="viewport"/)
  }
})

t.test('no link leads nowhere', async (t) => {
  for (const [path, { url, hrefs }] of pages)
    for (const href of hrefs) {
      const { origin, pathname, hash } = new URL(href, url)
      if (origin !== url.origin) {
        t.match(href, /^https:\/\//)
        continue
      }
      const target = pages.get(pathname)
      const isFile = ['/docs/docs.css', ...documents.map((name) => `/${name}`)].includes(pathname)
      t.ok(target !== undefined || isFile, `${path}: ${href}`)
      if (hash !== '') t.ok(target?.ids.has(hash.slice(1)), `${path}: ${href}`)
    }
})

t.test('the REST page has every route, the socket page every frame, each with its objects', async (t) => {
  const { body } = await call(node, undefined, 'GET', '/openapi.json')
  for (const [path, methods] of Object.entries(body.paths))
    for (const method of Object.keys(z.record(z.string(), z.unknown()).parse(methods)))
      t.ok(pages.get('/docs/rest')?.html.includes(`<code>${method.toUpperCase()} ${path}</code>`), path)
  for (const name of Object.keys(body.components.schemas)) t.ok(pages.get('/docs/rest')?.ids.has(name), name)
  const { operations, components } = asyncApiDocument('')
  for (const operation of Object.keys(operations)) {
    const id = operation.replace('receive.', 'frame.').replace('send.', 'push.')
    t.ok(pages.get('/docs/socket')?.ids.has(id), id)
  }
  for (const name of Object.keys(components.schemas)) t.ok(pages.get('/docs/socket')?.ids.has(name), name)
})

t.test('nothing but our own sheet may be loaded, and nothing else is asked for', async (t) => {
  for (const path of [...pages.keys(), '/docs/docs.css']) {
    const { headers } = await fetch(`${node.url}${path}`)
    const policy = headers.get('content-security-policy')
    t.match(policy, /default-src 'none'; style-src 'self'/, path)
    t.notMatch(policy, /unsafe|http/)
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.match(headers.get('content-type'), path.endsWith('.css') ? /^text\/css/ : /^text\/html; charset=utf-8/)
  }
  for (const [path, { html }] of pages) t.notMatch(html, /<script|<img|style="|<style| on\w+="/, path)
})

t.test('a browser that has the page is told that it is the same', async (t) => {
  const first = await fetch(`${node.url}/docs/rest`)
  const etag = first.headers.get('etag') ?? ''
  const second = await fetch(`${node.url}/docs/rest`, { headers: { 'if-none-match': etag } })
  t.equal(second.status, 304)
  const other = await fetch(`${node.url}/docs/socket`, { headers: { 'if-none-match': etag } })
  t.equal(other.status, 200)
})

t.test('a page that is none', async (t) => {
  for (const path of ['/docs/nothing', '/docs/..%2f..%2fpackage.json', '/docs/guides%2fbrowser.md'])
    t.match(await call(node, undefined, 'GET', path), { status: 404, body: { error: { code: 'not_found' } } })
  const slash = await fetch(`${node.url}/docs/`)
  t.equal(new URL(slash.url).pathname, '/docs')
})

t.test('with a database beside it, too', async (t) => {
  const { url } = await createDatabase(t)
  const other = await startNode(t, { JWT_SECRET: TEST_SECRET, DATABASE_URL: url })
  for (const path of ['/docs', '/docs/browser', '/docs/rest', '/docs/socket', '/asyncapi.json'])
    t.equal((await fetch(`${other.url}${path}`)).status, 200, path)
  t.equal((await fetch(`${other.url}/`)).status, 404, 'the demo page is not')
})

t.test('/asyncapi.json is the document that is checked elsewhere', async (t) => {
  const { body } = await call(node, undefined, 'GET', '/asyncapi.json')
  t.match(body.info.version, /^\d+\.\d+\.\d+/)
  t.same(body, asyncApiDocument(body.info.version))
})

const operation = z.looseObject({
  summary: z.string().min(5).regex(/[^.]$/),
  tags: z.tuple([z.string()]),
  security: z.array(z.unknown()).optional(),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({})) }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
})
const openApi = z.looseObject({
  tags: z.array(z.looseObject({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
})
const refusal = z.object({
  content: z.object({
    'application/json': z.looseObject({
      examples: z.record(
        z.string(),
        z.object({ value: z.object({ error: errorBody.extend({ requestId: z.uuid() }) }) }),
      ),
    }),
  }),
})

t.test('/openapi.json is OpenAPI 3.1, and every route says what it is for', async (t) => {
  const { body } = await call(node, undefined, 'GET', '/openapi.json')
  const { valid, errors } = await new Validator().validate(structuredClone(body))
  t.ok(valid, JSON.stringify(errors))
  const broken = structuredClone(body)
  delete broken.paths['/chats'].get.responses
  t.notOk((await new Validator().validate({ ...broken, info: {} })).valid, 'the validator would have said')

  const { tags, paths } = openApi.parse(body)
  const names = tags.map(({ name }) => name)
  const summaries = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.summary),
  )
  t.equal(new Set(summaries).size, summaries.length, 'each its own')
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { tags, responses, security, requestBody }] of Object.entries(methods)) {
      t.ok(names.includes(tags[0]), `${method} ${path}: ${tags[0]}`)
      if (security !== undefined)
        for (const status of ['400', '401', '500']) t.ok(status in responses, `${method} ${path}: ${status}`)
      if (requestBody !== undefined)
        t.ok('413' in responses && '415' in responses, `${method} ${path}: its body`)
      for (const { description } of Object.values(responses)) t.not(description, 'Default Response')
      if (requestBody?.content['application/json'] !== undefined && !path.endsWith('/archive'))
        t.ok(requestBody.content['application/json'].example, `${method} ${path}: an example`)
    }
})

t.test('its refusals are those of the table', async (t) => {
  const { body } = await call(node, undefined, 'GET', '/openapi.json')
  const seen = new Set<string>()
  for (const [path, methods] of Object.entries(openApi.parse(body).paths))
    for (const { responses } of Object.values(methods))
      for (const [status, answer] of Object.entries(responses)) {
        if (Number(status) < 400 || path === '/readyz') continue
        for (const [code, { value }] of Object.entries(
          refusal.parse(answer).content['application/json'].examples,
        )) {
          const row = Object.entries(ERRORS).find(([name]) => name === code)?.[1]
          t.match(row, { status: Number(status), temporary: value.error.temporary }, `${path} ${code}`)
          t.equal(value.error.code, code)
          seen.add(code)
        }
      }
  t.strictSame([...seen].sort(), Object.keys(ERRORS).sort(), 'and every one is somewhere')
})

t.test('what a route refuses in practice is in the reference', async (t) => {
  const { body } = await call(node, undefined, 'GET', '/openapi.json')
  const { paths } = openApi.parse(body)
  const ann = token('ann', 'Ann Lee')
  for (const [method, path, concrete, bearer, given] of [
    ['get', '/chats', '/chats?limit=0', ann],
    ['get', '/chats/{id}', '/chats/nothing', ann],
    ['post', '/chats', '/chats', ann, { type: 'order', orderId: 'o', members: [{ userId: 'bob' }] }],
    ['post', '/chats/{id}/close', '/chats/nothing/close', ann],
    ['post', '/chats/{id}/close', '/chats/nothing/close', serviceToken()],
    ['post', '/chats/{id}/messages', '/chats/nothing/messages', ann, { content: 'x' }],
    ['patch', '/chats/{id}/messages/{seq}', '/chats/nothing/messages/1', ann, { content: 'x' }],
    ['get', '/chats/{id}/attachments/{attachmentId}', '/chats/nothing/attachments/x', ann],
    ['put', '/users/{id}', '/users/ann', ann, { fullName: 'A' }],
    ['put', '/users/{id}', '/users/ann', serviceToken(), { fullName: 'x'.repeat(70_000) }],
    ['delete', '/users/{id}/sessions', '/users/ann/sessions', 'nonsense'],
  ] as const) {
    const answer = await call(node, bearer, method.toUpperCase(), concrete, given)
    t.ok(answer.status >= 400)
    const documented = refusal.parse(paths[path]?.[method]?.responses[answer.status])
    t.ok(answer.body.error.code in documented.content['application/json'].examples, `${method} ${concrete}`)
  }
})
