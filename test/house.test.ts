import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

/** The house as it is built: imports go towards the ground, each driver library has one home (DESIGN.md section 4). */

const src = fileURLToPath(new URL('../src/', import.meta.url))
const bench = fileURLToPath(new URL('../bench/', import.meta.url))
const client = fileURLToPath(new URL('../client/src/', import.meta.url))
const web = fileURLToPath(new URL('../web/', import.meta.url))
const MOST_LINES = 350

/** The floors from the ground up; those of one floor never import each other. */
const FLOORS = [
  ['protocol'],
  ['ports'],
  ['store'],
  ['chat'],
  ['sessions'],
  ['gateway', 'socketio', 'http', 'ops'],
  ['token-key.ts'],
  ['app.ts'],
  ['workers'],
  ['main.ts', 'token.ts'],
] as const

/** What stands beside the floors, and all that it may import. */
const BESIDE: Record<string, readonly string[]> = {
  adapters: ['ports', 'protocol'],
  'environment.ts': [],
  'config.ts': ['environment.ts', 'protocol'],
  'logger.ts': ['config.ts'],
}

/** Who may import what stands beside. */
const USERS_OF: Record<string, readonly string[]> = {
  adapters: ['app.ts', 'token-key.ts'],
  'logger.ts': ['main.ts'],
  'environment.ts': ['config.ts'],
  'config.ts': ['app.ts', 'logger.ts', 'main.ts', 'token-key.ts', 'token.ts'],
}

/** A driver library is imported in its home alone. */
const HOMES: readonly (readonly [RegExp, RegExp])[] = [
  [/^(pg|@electric-sql\/pglite|ioredis|minio|pg-boss)$/, /^adapters\//],
  [/^kysely(\/|$)/, /^(store|adapters)\/|^ports\/database\.ts$/],
  [/^(uWebSockets\.js|uwebsockets)$/i, /^gateway\//],
  [/^(@fastify\/|fastify)/, /^http\//],
  [/^(socket|engine)\.io/, /^socketio\//],
  [/^file-type$/, /^chat\/attachments\/content-type\.ts$/],
  [/^sharp$/, /^chat\/attachments\/thumbnails\.ts$/],
  [/^(fast-jwt|get-jwks)$/, /^chat\/tokens\.ts$/],
  [/^prom-client$/, /^ops\//],
  [/^marked$/, /^http\/docs\/markdown\.ts$/],
]

interface Import {
  readonly from: string
  readonly to: string
  readonly isType: boolean
}

/** The part of the house that a file of `src` is in: its folder, or itself. */
function partOf(file: string): string {
  return file.split('/')[0] ?? file
}

function heightOf(part: string): number {
  return FLOORS.findIndex((floor) => floor.some((name) => name === part))
}

/** What is wrong with an import; undefined when nothing is. */
function faultOf({ from, to, isType }: Import): string | undefined {
  if (!to.startsWith('.')) {
    const homeless = HOMES.find(([library, home]) => library.test(to) && !home.test(from))
    return homeless === undefined ? undefined : `${from} imports ${to}, whose home is ${homeless[1]}`
  }
  const target = normalize(join(dirname(from), to)).replace(/\.js$/, '.ts')
  const [here, there] = [partOf(from), partOf(target)]
  const fault = `${from} imports ${target}`
  if (target.startsWith('..')) return `${fault}, outside of src`
  if (here === there) return undefined
  if (from === 'adapters/select.ts' && target === 'config.ts' && isType) return undefined
  if (here in BESIDE) return BESIDE[here]?.includes(there) ? undefined : fault
  if (there in BESIDE) return USERS_OF[there]?.includes(here) ? undefined : fault
  if (heightOf(here) < 0 || heightOf(there) < 0) return `${fault}: a part of the house without a floor`
  return heightOf(here) > heightOf(there) ? undefined : fault
}

/** Calls `visit` for each node of a file's syntax. */
function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

function importsOf(from: string, file: ts.SourceFile): Import[] {
  const imports: Import[] = []
  walk(file, (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      imports.push({ from, to: node.moduleSpecifier.text, isType: node.importClause?.isTypeOnly ?? false })
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
      imports.push({ from, to: node.moduleSpecifier.text, isType: node.isTypeOnly })
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [given] = node.arguments
      const isPlain = given !== undefined && ts.isStringLiteral(given)
      imports.push({ from, to: isPlain ? given.text : './computed.js', isType: false })
    }
  })
  return imports
}

function mentions(file: ts.SourceFile, isMeant: (node: ts.Node) => boolean): number {
  let count = 0
  walk(file, (node) => {
    if (isMeant(node)) count += 1
  })
  return count
}

function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true)
}

const isAny = (node: ts.Node) => node.kind === ts.SyntaxKind.AnyKeyword
const isProcessEnv = (node: ts.Node) =>
  (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) &&
  /^process(\.env|\[['"]env['"]\])$/.test(node.getText())

async function filesOf(folder: string) {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules/'))
    .sort()
  return await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      return { name, text, syntax: parse(name, text) }
    }),
  )
}

const files = await filesOf(src)
const benchFiles = await filesOf(bench)
const clientFiles = await filesOf(client)
const webFiles = await filesOf(web)

t.test('imports go towards the ground, and libraries stay in their homes', async (t) => {
  const imports = files.flatMap(({ name, syntax }) => importsOf(name, syntax))
  t.ok(imports.length > 100, 'the imports are found')
  t.strictSame(
    imports.map(faultOf).filter((fault) => fault !== undefined),
    [],
  )
})

t.test('the environment is read where a process begins', async (t) => {
  const readers = files.filter(({ syntax }) => mentions(syntax, isProcessEnv) > 0).map(({ name }) => name)
  t.strictSame(readers, ['main.ts', 'token.ts'])
})

t.test('what measures and judges the service knows nothing of its source', async (t) => {
  const imports = benchFiles.flatMap(({ name, syntax }) => importsOf(name, syntax))
  t.ok(imports.length > 50, 'the imports are found')
  t.strictSame(
    imports.filter(
      ({ from, to }) => to.startsWith('.') && normalize(join(dirname(from), to)).startsWith('..'),
    ),
    [],
  )
  const readers = benchFiles.filter(({ syntax }) => mentions(syntax, isProcessEnv) > 0)
  t.ok(
    readers.every(({ name }) => name.endsWith('/main.ts')),
    'the environment is read where a process begins',
  )
})

t.test('the client depends on nothing, its bindings on React, and the core on neither of them', async (t) => {
  const parts = ['.', 'react', 'ui']
  const imports = clientFiles.flatMap(({ name, syntax }) => importsOf(name, syntax))
  t.ok(imports.length > 50, 'the imports are found')
  t.strictSame(
    imports.filter(({ from, to }) => {
      const here = parts.indexOf(dirname(from))
      if (!to.startsWith('.')) return here === 0 || to !== 'react'
      const there = parts.indexOf(dirname(normalize(join(dirname(from), to))))
      return there < 0 || there > here
    }),
    [],
  )
})

t.test('nothing is any', async (t) => {
  t.strictSame(
    [...files, ...benchFiles, ...clientFiles, ...webFiles]
      .filter(({ syntax }) => mentions(syntax, isAny) > 0)
      .map(({ name }) => name),
    [],
  )
})

t.test('a file is one thing', async (t) => {
  const long = [...files, ...benchFiles, ...clientFiles, ...webFiles]
    .map(({ name, text }) => ({ name, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MOST_LINES)
  t.strictSame(
    long.map(({ name, lines }) => `${name}: ${lines} lines`),
    [],
    `look for a second noun in what is longer than ${MOST_LINES} lines`,
  )
})

t.test('the rules themselves: what they allow', async (t) => {
  for (const [from, to, isType] of [
    ['chat/chats.ts', '../store/store.js', false],
    ['chat/chats.ts', './views.js', false],
    ['sessions/frames/join.ts', '../room.js', false],
    ['http/routes/chats.ts', '../../protocol/text.js', false],
    ['app.ts', './adapters/select.js', false],
    ['token.ts', './token-key.js', false],
    ['adapters/select.ts', '../config.js', true],
    ['ports/database.ts', 'kysely', true],
    ['gateway/uws.ts', 'uWebSockets.js', false],
    ['chat/tokens.ts', 'fast-jwt', false],
    ['chat/messages.ts', 'uuid', false],
    ['ops/metrics.ts', 'prom-client', false],
  ] as const)
    t.equal(faultOf({ from, to, isType }), undefined, `${from} -> ${to}`)
})

t.test('the rules themselves: what they refuse', async (t) => {
  for (const [from, to, isType] of [
    ['protocol/codec.ts', '../ports/bus.js', true],
    ['store/chats.ts', '../chat/views.js', true],
    ['chat/chats.ts', '../sessions/hub.js', false],
    ['sessions/hub.ts', '../gateway/server.js', false],
    ['http/server.ts', '../gateway/server.js', false],
    ['socketio/server.ts', '../http/errors.js', false],
    ['gateway/server.ts', '../app.js', false],
    ['main.ts', './token.js', false],
    ['adapters/bus-redis.ts', '../chat/channels.js', false],
    ['adapters/bus-redis.ts', '../config.js', true],
    ['adapters/select.ts', '../config.js', false],
    ['chat/users.ts', '../adapters/bus-redis.js', false],
    ['http/server.ts', '../config.js', true],
    ['config.ts', './store/store.js', false],
    ['app.ts', '../test/helpers/clients.js', false],
    ['app.ts', './jobs/webhooks.js', false],
    ['chat/chats.ts', 'kysely', false],
    ['store/migrate.ts', 'pg', false],
    ['app.ts', 'ioredis', false],
    ['sessions/hub.ts', 'uWebSockets.js', true],
    ['socketio/server.ts', '@fastify/cors', false],
    ['http/server.ts', 'socket.io', false],
    ['gateway/server.ts', 'fast-jwt', false],
    ['chat/lane.ts', 'prom-client', false],
    ['sessions/hub.ts', '../ops/metrics.js', true],
  ] as const)
    t.type(faultOf({ from, to, isType }), 'string', `${from} -> ${to}`)
})

t.test('the rules themselves: what they see', async (t) => {
  const text = `
    import type { A } from './a.js'
    import './b.js'
    import c, { type D } from './c.js'
    export * from './d.js'
    export type { E } from './e.js'
    const f = await import('./f.js')
    const g: any = process.env.G ?? process['env'].H
    const text = "import './not.js'"
  `
  const syntax = parse('x.ts', text)
  t.strictSame(
    importsOf('x.ts', syntax).map(({ to, isType }) => `${to}${isType ? ' (type)' : ''}`),
    ['./a.js (type)', './b.js', './c.js', './d.js', './e.js (type)', './f.js'],
  )
  t.equal(mentions(syntax, isAny), 1)
  t.equal(mentions(syntax, isProcessEnv), 2)
})
