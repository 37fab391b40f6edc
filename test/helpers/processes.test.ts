import t from 'tap'
import { temporaryFolder } from './folders.js'
import { freePort, startProcess, until } from './processes.js'

t.test('a program that ends before it is ready is told with its output, at once', async (t) => {
  const child = startProcess(
    t,
    process.execPath,
    ['-e', 'console.error("no port for me"); process.exit(3)'],
    {},
  )
  await t.rejects(
    until(child, 'it', 60_000, async () => false),
    { message: /ended before it was ready:\nno port for me/ },
  )
  t.equal(await child.stop(), 3)
})

t.test('a program and its folder are gone after the test', async (t) => {
  let pid = 0
  await t.test('inside', async (t) => {
    await temporaryFolder(t)
    const child = startProcess(t, process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {})
    pid = child.pid
    t.ok(process.kill(pid, 0))
  })
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test('free ports are outside the range of outgoing connections', async (t) => {
  const port = await freePort()
  t.ok(port >= 20_000 && port < 32_000)
})
