import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import ts from 'typescript'
import { call, createChat, serviceToken, TEST_SECRET, token } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'

/** What the guides show is true: it is compiled against the client, and run against a node. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'docs/guides')
const LANGUAGES = ['sh', 'js', 'ts', 'tsx', 'css', 'html', 'json']

interface Block {
  readonly guide: string
  readonly language: string
  /** What stands behind the language: `node` for a program of its own. */
  readonly kind: string | undefined
  readonly code: string
}

function blocksOf(guide: string, text: string): Block[] {
  return [...text.matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', kind, code = '']) => ({ guide, language, kind, code }),
  )
}

const guides = new Map<string, string>()
for (const name of (await readdir(folder)).filter((name) => name.endsWith('.md')))
  guides.set(name.replace('.md', ''), await readFile(join(folder, name), 'utf8'))
const blocks = [...guides].flatMap(([guide, text]) => blocksOf(guide, text))

/** The blocks of a guide follow each other as in one program: what one has declared, the next ones use. */
function programOf(guide: string, language: string, kind?: string): string {
  return blocks
    .filter((one) => one.guide === guide && one.language === language && one.kind === kind)
    .map(({ code }) => code)
    .join('\n')
}

const paths = {
  parley: ['client/src/index.ts'],
  'parley/react': ['client/src/react/index.ts'],
  'parley/ui': ['client/src/ui/index.ts'],
}

/** What the compiler has to say about these programs, as they would stand beside the guides. */
function faultsOf(programs: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    baseUrl: root,
    paths,
  }
  const files = new Map([...programs].map(([name, code]) => [join(folder, name), code]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => {
    const code = files.get(name)
    return code === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, code, ts.ScriptTarget.ES2023, true)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && files.has(file.fileName))
    .map(({ file, start = 0, messageText }) => {
      const line = file?.text.slice(0, start).split('\n').length ?? 0
      const name = file?.fileName.slice(folder.length + 1)
      return `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}, at ${file?.text.split('\n')[line - 1]}`
    })
}

async function run(command: string, args: readonly string[], code: string, env: Record<string, string>) {
  const { PATH = '' } = process.env
  const options = { cwd: root, env: { PATH, JWT_SECRET: TEST_SECRET, ...env }, timeout: 60_000 }
  const running = promisify(execFile)(command, args, options)
  running.child.stdin?.end(code)
  return (await running).stdout
}

async function runNode(code: string, env: Record<string, string> = {}): Promise<string> {
  const flags = ['--import', join(root, 'scripts/typescript.mjs'), '--input-type=module', '-']
  return await run(process.execPath, flags, code, env)
}

const node = await startNode(t, { JWT_SECRET: TEST_SECRET })

/** The same code, at the address of this test's node. */
function here(code: string): string {
  return code
    .replaceAll('http://127.0.0.1:3000', node.url)
    .replaceAll('ws://127.0.0.1:3001/ws', node.wsUrl)
    .replaceAll('npm run --silent token --', 'node dist/token.js')
}

async function messagesOf(chatId: string): Promise<{ content: string; kind: string }[]> {
  return (await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages`)).body.data
}

t.test('every block says what it is written in', async (t) => {
  t.strictSame([...guides.keys()].sort(), ['backend', 'browser', 'from-socketio', 'react'])
  for (const [guide, text] of guides)
    t.equal(text.match(/^```/gm)?.length, 2 * blocksOf(guide, text).length, `${guide}: all blocks are found`)
  for (const { guide, language } of blocks) t.ok(LANGUAGES.includes(language), `${guide}: ${language}`)
})

t.test('CSS variables are the kit’s', async (t) => {
  const kit = await readFile(join(root, 'client/src/ui/ui.css'), 'utf8')
  const [head = ''] = /\.parley-ui \{[^}]*\}/.exec(kit) ?? []
  const named = blocks
    .filter(({ language }) => language === 'css')
    .flatMap(({ code }) => code.match(/--[\w-]+/g) ?? [])
  t.ok(named.length > 0)
  for (const name of named) t.match(head, `${name}:`)
})

t.test('TypeScript is of the client’s types', async (t) => {
  const programs = new Map<string, string>()
  for (const { guide, language, kind } of blocks)
    if (language === 'ts' || language === 'tsx')
      programs.set(
        `${guide}${kind === undefined ? '' : `-${kind}`}.${language}`,
        programOf(guide, language, kind),
      )
  t.ok(programs.size >= 4)
  // One with a fault beside them: the compiler was really asked.
  programs.set('wrong.ts', "import { createParley } from 'parley'\ncreateParley({ url: 'x' })\n")
  const [wrong, ...others] = faultsOf(programs).sort((a) => (a.startsWith('wrong.ts') ? -1 : 0))
  t.match(wrong, /^wrong\.ts: .*token/s)
  t.strictSame(others, [])
})

const tools = await run('bash', ['-s'], 'command -v curl jq || true', {})
const skip = tools.trim().split('\n').length < 2 && 'curl and jq are not here'

t.test('the backend’s shell', { skip }, async (t) => {
  const output = await run('bash', ['-euo', 'pipefail', '-s'], here(programOf('backend', 'sh')), {})
  const { body } = await call(node, serviceToken(), 'POST', '/chats', {
    type: 'order',
    orderId: 'order-sh',
    members: [{ userId: 'ann' }],
  })
  t.match(body, { subject: 'Running shoes, size 42', memberCount: 2, closedAt: /Z$/ })
  t.match(await messagesOf(body.id), [
    { kind: 'system', content: 'The parcel is on its way.', metadata: { event: 'shipped' } },
  ])
  t.match(output, /^The Shop: The parcel is on its way\.$/m)
})

t.test('the backend in Node', async (t) => {
  const program = here(programOf('backend', 'js'))
  const [first, second] = [await runNode(program), await runNode(program)]
  t.match(first, 'The Shop: The parcel is on its way.')
  t.equal(second, first, 'run twice, said once')
  const { body } = await call(node, serviceToken(), 'POST', '/chats', {
    type: 'order',
    orderId: 'order-js',
    members: [{ userId: 'ann' }],
  })
  t.match(body, { metadata: { price: '89.00 EUR' }, memberCount: 2, closedAt: null, lastSeq: 1 })
  const members = await call(node, serviceToken(), 'GET', `/chats/${body.id}/members`)
  t.match(members.body.data, [
    { userId: 'ann', role: 'customer' },
    { userId: 'bob', role: 'seller' },
  ])
})

t.test('the Socket.IO client, as it was and with what was added', async (t) => {
  const chatId = await createChat(node, ['cleo', 'bob'])
  const given = 'const { TOKEN: accessToken, CHAT_ID: chatId } = process.env\n'
  const output = await runNode(`${given}${here(programOf('from-socketio', 'js'))}\nsocket.close()`, {
    TOKEN: token('cleo', 'Cleo Fox'),
    CHAT_ID: chatId,
  })
  for (const line of ['Connected to chat', 'cleo joined chat', 'Cleo Fox: Hello!', 'committed as number 2'])
    t.match(output, line)
  t.match(output, /^good until .*Z$/m)
  t.match(await messagesOf(chatId), [
    { content: 'The bill.', attachments: [{ name: 'bill.txt', mime: 'text/plain', size: 27 }] },
    { content: 'Has it been sent?' },
    { content: 'Hello!' },
  ])
})

t.test('the client in Node', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const program = programOf('browser', 'ts', 'node').replace(
    "'parley'",
    `'${join(root, 'client/src/index.ts')}'`,
  )
  const { outputText } = ts.transpileModule(here(program), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  const output = await runNode(outputText, { TOKEN: token('ann', 'Ann Lee'), CHAT_ID: chatId })
  t.match(output, "[ 'Hello from Node!' ]")
  t.match(await messagesOf(chatId), [{ content: 'Hello from Node!' }])
})
