import { access, readdir, readFile } from 'node:fs/promises'
import { parser } from '@prometheus-io/lezer-promql'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { environment } from '../../src/environment.js'
import { startTestNode } from '../helpers/frames.js'
import { type Scrape, scrape } from '../helpers/metrics.js'

const root = new URL('../../', import.meta.url)
const read = async (path: string) => await readFile(new URL(path, root), 'utf8')

const rules = z
  .object({
    kind: z.literal('PrometheusRule'),
    spec: z.strictObject({
      groups: z.array(
        z.strictObject({
          name: z.string(),
          rules: z.array(
            z.strictObject({
              alert: z.string().regex(/^Parley[A-Za-z]+$/),
              expr: z.string(),
              for: z
                .string()
                .regex(/^\d+[sm]$/)
                .optional(),
              labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
              annotations: z.strictObject({ summary: z.string().min(10), runbook_url: z.url() }),
            }),
          ),
        }),
      ),
    }),
  })
  .parse(parse(await read('k8s/monitoring/alerts.yaml')))
const alerts = rules.spec.groups.flatMap((group) => group.rules)

const target = z.object({ expr: z.string(), legendFormat: z.string() })
const dashboard = z
  .object({
    panels: z.array(
      z.object({
        id: z.number(),
        type: z.enum(['row', 'stat', 'timeseries']),
        title: z.string().min(1),
        gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
        targets: z.array(target).default([]),
      }),
    ),
    templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  })
  .parse(JSON.parse(await read('k8s/monitoring/dashboard.json')))

/** Labels that whoever scrapes adds, and those of buckets. */
const ADDED = ['instance', 'job', 'le']

interface Named {
  readonly metrics: string[]
  readonly labels: string[]
}

/** The metrics and labels that an expression names. @throws when it is none of PromQL */
function namesIn(expression: string): Named {
  const text = expression.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*')
  const named = { metrics: new Set<string>(), labels: new Set<string>() }
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      const part = text.slice(from, to)
      if (type.isError) throw new Error(`not understood at ${from}: ${text}`)
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') named.metrics.add(part)
      if (type.name === 'LabelName') named.labels.add(part)
    },
  })
  return { metrics: [...named.metrics], labels: [...named.labels] }
}

/** What an expression names and a node does not tell. */
function untold(expression: string, { metrics }: Scrape): string[] {
  const named = namesIn(expression)
  const told = named.metrics.map(
    (name) => metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, '')),
  )
  const labels = [...ADDED, ...told.flatMap((metric) => metric?.labels ?? [])]
  return [
    ...named.metrics.filter((_, index) => told[index] === undefined),
    ...named.labels.filter((label) => !labels.includes(label)),
  ]
}

t.test('what the dashboard and the alerts ask for is what a node tells', async (t) => {
  // The labels of a metric show with its first series: garbage is collected often.
  const node = await startTestNode(t, { NODE_OPTIONS: '--max-semi-space-size=1' })
  const now = await scrape(node)
  const asked = [
    ...alerts.map(({ alert, expr }) => ({ who: alert, expr })),
    ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ who: title, expr }))),
  ]
  t.ok(asked.length > 40)
  for (const { who, expr } of asked) {
    t.strictSame(untold(expr, now), [], who)
    t.ok(namesIn(expr).metrics.length > 0, who)
  }
  const seen = new Set(asked.flatMap(({ expr }) => namesIn(expr).metrics))
  t.strictSame(
    [...now.metrics.keys()].filter(
      (name) => name.startsWith('parley_') && ![name, `${name}_bucket`].some((one) => seen.has(one)),
    ),
    [],
    'none is told for nobody',
  )
  for (const { title, targets } of dashboard.panels)
    for (const { legendFormat } of targets)
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        t.ok(
          targets.some(({ expr }) => label === 'instance' || namesIn(expr).labels.includes(label)),
          `${title}: ${label}`,
        )

  for (const { alert } of alerts) {
    const page = await read(`docs/runbooks/${alert}.md`)
    const named = [...page.matchAll(/`((?:parley|process|nodejs)_[^`]*)`/g)].map(([, expr = '']) => expr)
    for (const expr of named) t.strictSame(untold(expr, now), [], alert)
    const variables = [...page.matchAll(/`(PARLEY_\w+)`/g)].map(([, name = '']) => name)
    for (const name of variables) t.ok(name in environment.shape, `${alert}: ${name}`)
  }
})

t.test('what is broken is seen', async (t) => {
  for (const broken of [
    'sum(rate(parley_sends_total[5m])',
    'rate(parley_sends_total[5m]) >',
    'sum by door (x)',
  ])
    t.throws(() => namesIn(broken), broken)
  t.strictSame(namesIn('sum by (le) (rate(a_bucket{door="raw"}[$__rate_interval])) > on (job) b'), {
    metrics: ['a_bucket', 'b'],
    labels: ['le', 'door', 'job'],
  })
})

t.test('each alert has its page, and each page its alert', async (t) => {
  const pages = (await readdir(new URL('docs/runbooks/', root))).sort()
  t.strictSame(pages, alerts.map(({ alert }) => `${alert}.md`).sort())
  for (const { alert, annotations } of alerts) {
    t.ok(annotations.runbook_url.endsWith(`/docs/runbooks/${alert}.md`), alert)
    const page = await read(`docs/runbooks/${alert}.md`)
    t.strictSame(
      page.split('\n').filter((line) => line.startsWith('#')),
      [`# ${alert}`, '## What it means', '## What users notice', '## What to look at', '## What to do'],
    )
    for (const [, link = ''] of page.matchAll(/\]\(([^)]+)\)/g))
      await t.resolves(access(new URL(link, new URL('docs/runbooks/', root))), `${alert}: ${link}`)
  }
})

t.test('the panels stand side by side, each once', async (t) => {
  const { panels } = dashboard
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
  )
  t.equal(new Set(cells).size, cells.length, 'none lies upon another')
  t.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24))
  t.ok(panels.every(({ type, targets }) => (type === 'row') === (targets.length === 0)))
})
