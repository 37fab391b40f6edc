import { chromium, type Page } from 'playwright-core'

const VIEWPORT = { width: 1440, height: 900 }

/** Runs in the page. */
const WATCH_TASKS = `
  window.longTasks = []
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
  })
`

/** What the page holds. */
export interface PageSize {
  /** Elements in the document. */
  readonly elements: number
  /** Of JavaScript, in bytes. */
  readonly heap: number
}

export interface OpenedPage {
  readonly page: Page
  /** Tasks of 50 ms and longer since the last time, in milliseconds: what a browser calls long. */
  longTasks(): Promise<readonly number[]>
  size(): Promise<PageSize>
  /** Frees what nobody holds any more. A long task itself. */
  collect(): Promise<void>
  close(): Promise<void>
}

/** The demo page in a browser, with an eye on what it costs. */
export async function openPage(executablePath: string, url: string): Promise<OpenedPage> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({ viewport: VIEWPORT })
  await page.addInitScript(WATCH_TASKS)
  await page.goto(url)
  const tools = await page.context().newCDPSession(page)
  await tools.send('Performance.enable')

  async function metric(name: string): Promise<number> {
    const { metrics } = await tools.send('Performance.getMetrics')
    return metrics.find((one) => one.name === name)?.value ?? Number.NaN
  }

  return {
    page,
    longTasks: () => page.evaluate('longTasks.splice(0)'),
    size: async () => ({
      elements: await page.evaluate('document.querySelectorAll("*").length'),
      heap: await metric('JSHeapUsedSize'),
    }),
    async collect() {
      await tools.send('HeapProfiler.collectGarbage')
      // What was observed of it is told before the next question is answered.
      await page.evaluate('new Promise(requestAnimationFrame)')
    },
    close: () => browser.close(),
  }
}
