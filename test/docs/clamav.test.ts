import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import {
  type Bridge,
  type Clamd,
  eicar,
  scan,
  startBridge,
  startClamd,
  startSource,
} from '../helpers/clamav.js'
import { call, until } from '../helpers/clients.js'
import { SAMPLE_FILES } from '../helpers/sample-files.js'
import { zip } from '../helpers/zip.js'

/** The recipe of docs/scanning.md: its bridge, its configuration and its signature, with a real clamd. */

t.setTimeout(300_000)

const skip = process.env.TEST_CLAMD ? false : 'TEST_CLAMD is not set: clamd is not here'
const LONGEST_FILE = 26_214_400
const clean = { status: 200, body: { verdict: 'clean' } }
/** By clamd, in words or by hanging up. */
const refused = { status: 502, body: { error: /^clamd: INSTREAM size limit|EPIPE|ECONNRESET/ } }

interface Scanner {
  readonly clamd: Clamd
  readonly bridge: Bridge
  /** The answer to a post that names a place with this file. */
  ask(file: Buffer | string): Promise<unknown>
}

async function startScanner(t: Test, settings: Record<string, string> = {}): Promise<Scanner> {
  const clamd = await startClamd(t, settings)
  const bridge = await startBridge(t, { CLAMD_SOCKET: clamd.socket })
  return { clamd, bridge, ask: async (file) => await askFor(t, bridge, file) }
}

async function askFor(t: Test, bridge: Bridge, file: Buffer | string): Promise<unknown> {
  return await scan(bridge, await startSource(t, (_, response) => response.end(file)))
}

function infected(reason: string) {
  return { status: 200, body: { verdict: 'infected', reason } }
}

/** As deep in zip files as that. */
function nested(file: Buffer, depth: number): Buffer {
  return depth === 0 ? file : zip([{ name: 'one.zip', data: nested(file, depth - 1) }])
}

t.test('the signature is that of EICAR', async (t) => {
  const file = await eicar()
  t.equal(file.length, 68)
  t.equal(
    createHash('sha256').update(file).digest('hex'),
    '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  )
})

t.test(
  'what is clean is clean: nothing, the longest file, and every type that is taken',
  { skip },
  async (t) => {
    const { ask } = await startScanner(t)
    t.match(await ask(''), clean)
    t.match(await ask(Buffer.alloc(LONGEST_FILE)), clean)
    for (const [type, make] of Object.entries(SAMPLE_FILES)) t.match(await ask(await make()), clean, type)
  },
)

t.test('EICAR is infected, also in a zip file', { skip }, async (t) => {
  const { ask } = await startScanner(t)
  const found = infected('Parley.Test.Eicar.UNOFFICIAL')
  t.match(await ask(await eicar()), found)
  t.match(
    await ask(
      zip([
        { name: 'notes.txt', data: 'Hello' },
        { name: 'eicar.com', data: await eicar() },
      ]),
    ),
    found,
  )
})

t.test('what is packed too deep to be looked at is infected', { skip }, async (t) => {
  const { ask } = await startScanner(t)
  t.match(await ask(nested(await eicar(), 30)), infected('Heuristics.Limits.Exceeded.MaxRecursion'))
})

t.test('a clamd on TCP', { skip }, async (t) => {
  const clamd = await startClamd(t)
  const bridge = await startBridge(t, { CLAMD_PORT: String(clamd.port) })
  t.match(await askFor(t, bridge, 'Hello'), clean)
  t.match(await askFor(t, bridge, await eicar()), infected('Parley.Test.Eicar.UNOFFICIAL'))
})

t.test(
  'a file longer than StreamMaxLength: no verdict, and it is not fetched to its end',
  { skip },
  async (t) => {
    const { bridge, ask } = await startScanner(t)
    t.match(await ask(Buffer.alloc(LONGEST_FILE + 1)), refused)
    const part = Buffer.alloc(65_536)
    let isLetGo = false
    const source = await startSource(t, (_, response) => {
      const more = () => {
        while (response.write(part));
      }
      response.on('drain', more).on('close', () => {
        isLetGo = true
      })
      more()
    })
    t.match(await scan(bridge, source), refused)
    await until(() => isLetGo, 'the file is let go')
  },
)

t.test('a scan that took too long: no verdict', { skip }, async (t) => {
  const { ask } = await startScanner(t, { MaxScanTime: '1' })
  t.match(await ask(Buffer.alloc(10_000_000, 'x')), { status: 502, body: { error: /MaxScanTime/ } })
})

t.test('clamd away: no verdict; back again: a verdict', { skip }, async (t) => {
  const { clamd, bridge, ask } = await startScanner(t)
  t.match(await call(bridge, undefined, 'GET', '/healthz'), { status: 200, body: 'PONG' })
  await clamd.stop()
  t.match(await ask('Hello'), { status: 502, body: { error: /ENOENT/ } })
  t.match(await call(bridge, undefined, 'GET', '/healthz'), { status: 503 })
  await clamd.start()
  t.match(await ask('Hello'), clean)
})
