/** What one scrape of a node says. */
export interface Scrape {
  /** By the name of the metric: its type, and the names of its labels. */
  readonly metrics: ReadonlyMap<string, { readonly type: string; readonly labels: readonly string[] }>
  /** The series with exactly these labels, `le` of buckets too. @throws when there is none */
  value(series: string, labels?: Readonly<Record<string, string>>): number
}

/** Reads what a node tells on its OPS_PORT. @throws when a line is none of Prometheus' text format */
export async function scrape({ opsPort }: { opsPort: number }): Promise<Scrape> {
  const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
  const type = response.headers.get('content-type')
  if (response.status !== 200 || type?.startsWith('text/plain; version=0.0.4') !== true)
    throw new Error(`no metrics: ${response.status} ${type}`)
  return parseMetrics(await response.text())
}

/** The same of a text. @throws as `scrape` */
export function parseMetrics(text: string): Scrape {
  const metrics = new Map<string, { type: string; labels: string[] }>()
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, typed, type = ''] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? []
    if (typed !== undefined) metrics.set(typed, { type, labels: [] })
    if (line === '' || line.startsWith('#')) continue
    const [, series, within = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (series === undefined) throw new Error(`not understood: ${line}`)
    const labels = new Map(
      [...within.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', set = '']) => [name, set]),
    )
    values.set(keyOf(series, Object.fromEntries(labels)), Number(value))
    const metric = metrics.get(series) ?? metrics.get(series.replace(/_(bucket|sum|count)$/, ''))
    if (metric === undefined) throw new Error(`a series without its metric: ${line}`)
    for (const name of labels.keys())
      if (name !== 'le' && !metric.labels.includes(name)) metric.labels.push(name)
  }
  return {
    metrics,
    value(series, labels = {}) {
      const value = values.get(keyOf(series, labels))
      if (value === undefined) throw new Error(`there is no ${keyOf(series, labels)}`)
      return value
    },
  }
}

function keyOf(series: string, labels: Readonly<Record<string, string>>): string {
  return `${series} ${JSON.stringify(Object.entries(labels).sort())}`
}
