import type { Locator } from 'playwright-core'
import { z } from 'zod'
import { count } from '../flags.js'
import type { LinePlot } from '../report/line-plot.js'
import type { Outcome } from '../report/outcome.js'
import { withProgress } from './load/crowd.js'
import { openPage, type PageSize } from './page/browser.js'
import { talk } from './page/talk.js'
import { createScenario, type Stage } from './scenario.js'

const flags = z.object({ messages: count(1_000, 1_000_000).default(20_000) })

const LONG_TASK_MS = 50
/** Elements of the whole page: its window of messages, both phones, the panels. */
const MOST_ELEMENTS = 12_000
const MOST_HEAP_GROWTH = 16 * 1024 * 1024
/** What one turn of a wheel moves, and how often it turns: as fast as a person flings. */
const WHEEL_PX = 1_500
const WHEEL_EVERY_MS = 30
/** Looks at the page on the way, in each direction. */
const SAMPLES = 40
const PATIENCE_MS = 30_000

interface Sample extends PageSize {
  /** The outermost message that the list holds, in the direction of the scrolling. */
  readonly seq: number
}

/** Somebody scrolls through a long history in the demo page, up to its first message and down again. */
export const scrolling = createScenario(flags, run)

async function run({ engines, print }: Stage, { messages }: z.infer<typeof flags>): Promise<Outcome> {
  const { chromium } = engines
  if (chromium === undefined) throw new Error('there is no browser')
  const node = await engines.startEmbedded('embedded')
  let said = 0
  const progress = () => `${said} of ${messages} messages are said…`
  const subject = await withProgress(
    print,
    progress,
    talk(node, messages, (done) => {
      said = done
    }),
  )

  const opened = await openPage(chromium, node.http)
  const { page } = opened
  page.setDefaultTimeout(PATIENCE_MS)
  // The one whose phone shows the list of chats.
  const pane = page.getByTestId('pane-bob')
  await pane.getByTestId('chat-item').filter({ hasText: subject }).first().click()
  await pane.locator(`[data-seq="${messages}"]`).waitFor()
  await pane.locator('.parley-scroller').hover()

  const longTasks: number[] = []
  const samples: Sample[] = []
  const heaps: number[] = []
  const measureHeap = async (): Promise<void> => {
    await opened.collect()
    heaps.push((await opened.size()).heap)
    await opened.longTasks()
  }
  const turnTo = async (seq: number, direction: 1 | -1): Promise<void> => {
    for (let at = await edgeOf(pane, direction); at !== seq; at = await edgeOf(pane, direction)) {
      await page.mouse.wheel(0, direction * WHEEL_PX)
      await page.waitForTimeout(WHEEL_EVERY_MS)
      if (Math.abs(at - (samples.at(-1)?.seq ?? 0)) < messages / SAMPLES) continue
      samples.push({ ...(await opened.size()), seq: at })
    }
    longTasks.push(...(await opened.longTasks()))
    await measureHeap()
  }
  await measureHeap()
  print('up to the first message…')
  await turnTo(1, -1)
  print('and down again…')
  await turnTo(messages, 1)
  await opened.close()
  return describe(messages, samples, heaps, longTasks)
}

/** The `seq` of the oldest (up) or newest (down) message that the list holds. */
async function edgeOf(pane: Locator, direction: 1 | -1): Promise<number> {
  const rows = pane.locator('[data-seq]')
  const edge = direction === -1 ? rows.first() : rows.last()
  return Number(await edge.getAttribute('data-seq'))
}

function describe(
  messages: number,
  samples: readonly Sample[],
  heaps: readonly number[],
  longTasks: readonly number[],
): Outcome {
  const elements = Math.max(...samples.map((sample) => sample.elements))
  const growth = Math.max(...heaps) - (heaps[0] ?? 0)
  const plotted = (title: string, unit: string, value: (sample: Sample) => number): LinePlot => ({
    kind: 'lines',
    title,
    x: { unit: 'th sample', scale: 'linear' },
    y: { unit, scale: 'linear' },
    lines: [{ name: title, points: samples.map((sample, index) => [index, value(sample)]) }],
  })
  return {
    title: 'Scrolling through a long history',
    setting: `A chat of ${messages} messages in the demo page, in a browser without a GPU: the wheel turns ${WHEEL_PX} px every ${WHEEL_EVERY_MS} ms, up to the first message and down to the newest.`,
    targets: [
      {
        text: `no task of ${LONG_TASK_MS} ms or longer`,
        measured:
          longTasks.length === 0
            ? 'none'
            : `${longTasks.length}, the longest ${Math.round(Math.max(...longTasks))} ms`,
        isMet: longTasks.length === 0,
      },
      {
        text: `at most ${MOST_ELEMENTS} elements in the document`,
        measured: String(elements),
        isMet: elements <= MOST_ELEMENTS,
      },
      {
        text: `the heap grows by at most ${megabytes(MOST_HEAP_GROWTH)} MB, after a collection`,
        measured: `${megabytes(growth)} MB`,
        isMet: growth <= MOST_HEAP_GROWTH,
      },
    ],
    tables: [
      {
        head: ['heap after a collection', 'MB'],
        rows: [
          ['before', megabytes(heaps[0] ?? 0)],
          ['at the first message', megabytes(heaps[1] ?? 0)],
          ['at the newest again', megabytes(heaps[2] ?? 0)],
        ],
      },
    ],
    plots: [
      plotted('JavaScript heap', 'MB', ({ heap }) => megabytes(heap)),
      plotted('Elements in the document', 'elements', (sample) => sample.elements),
    ],
    figures: { messages, longTasks, elements, heaps, samples },
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 102.4) / 10
}
