import type { Page } from 'playwright-core'
import t from 'tap'
import { createRelay, type Relay } from '../../bench/chaos/engines/relay.js'
import { createChat, token } from '../helpers/clients.js'
import { startCluster } from '../helpers/cluster.js'
import type { HarnessOptions } from './harness/harness.js'
import { serveHarness } from './harness/serve.js'
import { openBrowser } from './open-page.js'

/** Two pages talk while their sockets are cut again and again, and one node of two is killed. */

const MESSAGES = 500
const CUTS = 10
const EVERY_MS = 15
const PATIENCE_MS = 60_000

t.test(
  '500 messages each way, 10 cuts, one node of two killed: both lists are the same and whole',
  async (t) => {
    const origin = await serveHarness(t)
    const { nodes } = await startCluster(t, 2, { CORS_ORIGINS: origin })
    const [first, second] = nodes
    if (!first || !second) throw new Error('there are no nodes')
    const chatId = await createChat(second, ['ann', 'bob'])
    const browser = await openBrowser(t)
    const complaints: string[] = []

    // Each page has ways of its own to both nodes, and begins at another one.
    const open = async (userId: string, ports: readonly number[]): Promise<[Page, Relay[]]> => {
      const links = await Promise.all(ports.map(createRelay))
      t.teardown(() => links.map((link) => link.close()))
      const options: HarnessOptions = {
        url: second.url,
        wsUrls: links.map(({ port }) => `ws://127.0.0.1:${port}/ws`),
        token: token(userId, userId),
        chatId,
      }
      const page = await (await browser.newContext()).newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(`${origin}/#${encodeURIComponent(JSON.stringify(options))}`)
      await page.waitForFunction(() => window.harness.isSettled(0))
      return [page, links]
    }
    const opened = await Promise.all([
      open('ann', [first.wsPort, second.wsPort]),
      open('bob', [second.wsPort, first.wsPort]),
    ])
    const pages = opened.map(([page]) => page)

    await Promise.all(
      opened.map(async ([page, links], index) => {
        const name = index === 0 ? 'a' : 'b'
        await page.evaluate(([name, count, everyMs]) => window.harness.talk(name, count, everyMs), [
          name,
          MESSAGES,
          EVERY_MS,
        ] as const)
        for (let cut = 1; cut <= CUTS; cut += 1) {
          await page.waitForFunction(
            (count) => window.harness.said() >= count,
            Math.floor((cut * MESSAGES) / (CUTS + 1)),
          )
          for (const link of links) {
            link.cut()
            link.restore()
          }
          if (index === 0 && cut === CUTS / 2) await first.kill9()
        }
      }),
    )
    await Promise.all(
      pages.map((page) => page.waitForFunction((count) => window.harness.isSettled(count), 2 * MESSAGES)),
    )

    for (const page of pages) {
      const rows = page.locator('[data-testid="message"]')
      const seqs = await rows.evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-seq'))))
      t.ok(seqs.length >= 100, 'a good part of it is on the screen')
      t.strictSame(
        seqs,
        seqs.map((_, index) => 2 * MESSAGES - seqs.length + 1 + index),
        'in order, without a hole or a repeat, to the end',
      )
      t.equal(await page.locator('[data-state="sending"]').count(), 0)
      t.equal(await page.locator('[data-state="failed"]').count(), 0)
    }
    const [annList = [], bobList = []] = await Promise.all(
      pages.map((page) => page.evaluate(() => window.harness.seen())),
    )
    t.strictSame(annList, bobList, 'both see the same, from the first message on')
    t.strictSame(
      annList.map(({ seq }) => seq),
      Array.from({ length: 2 * MESSAGES }, (_, index) => index + 1),
    )
    for (const [userId, name] of [
      ['ann', 'a'],
      ['bob', 'b'],
    ] as const)
      t.strictSame(
        annList.filter(({ from }) => from === userId).map(({ content }) => content),
        Array.from({ length: MESSAGES }, (_, index) => `${name}${index}`),
        `all that ${userId} has said, once and in the order in which it was said`,
      )
    t.strictSame(complaints, [])
  },
)
