import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { createChat, TEST_SECRET, token } from '../helpers/clients.js'
import { temporaryFolder } from '../helpers/folders.js'
import { startNode, startProcess, until } from '../helpers/processes.js'
import { openParley, when } from './parley.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

t.test('the program of the README talks, by the package as it is published', async (t) => {
  const folder = await temporaryFolder(t)
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: join(root, 'client'),
  })
  await run('tar', ['xzf', join(folder, stdout.trim()), '-C', modules])
  const files = await readdir(join(modules, 'package'), { recursive: true })
  for (const file of [
    'README.md',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/react/index.js',
    'dist/ui/ui.css',
  ])
    t.ok(files.includes(file), file)
  t.notOk(files.some((file) => file.startsWith('src')))

  await run('mv', [join(modules, 'package'), join(modules, 'parley')])
  await symlink(join(root, 'node_modules/ws'), join(modules, 'ws'))
  const [, program = ''] = (await readFile(join(root, 'client/README.md'), 'utf8')).split(/```js\n|```/)
  t.ok(program.trim().split('\n').length <= 12, 'ten lines, and what they import')
  await writeFile(join(folder, 'talk.mjs'), program)

  const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
  const chatId = await createChat(node, ['ann', 'bob'])
  const args = [join(folder, 'talk.mjs'), node.url, node.wsUrl, token('ann', 'Ann'), chatId]
  const talking = startProcess(t, process.execPath, args, { PATH: process.env.PATH })
  const chat = openParley(t, node, 'bob').chats.open(chatId)
  const hello = 'Hello! Is the teapot still there?'
  await until(talking, 'what it says', 20_000, async () => chat.messages[0]?.content === hello)
  chat.send('Yes.')
  chat.markRead()
  await until(talking, 'the answer', 20_000, async () => talking.output().includes('Bob: Yes. (received)'))
  await when(chat, ({ messages }) => messages[1]?.status === 'read')
  t.match(talking.output(), 'Ann: Hello! Is the teapot still there? (read)')
})
