import t from 'tap'
import { createScale, tickText } from '../../bench/report/axis.js'
import { toBarSvg } from '../../bench/report/bar-plot.js'
import { toHtml } from '../../bench/report/html.js'
import { toLineSvg } from '../../bench/report/line-plot.js'
import { toLines } from '../../bench/report/lines.js'
import { barText, createProgress } from '../../bench/report/progress.js'

t.test('an axis has its ends where its numbers are', async (t) => {
  const linear = createScale({ unit: 'MB', scale: 'linear' }, [3, 7])
  t.strictSame(linear.ticks, [0, 2, 4, 6, 8])
  t.equal(linear.shareOf(4), 0.5)
  const latencies = createScale({ unit: 'ms', scale: 'logarithmic' }, [0.4, 30])
  t.strictSame(latencies.ticks, [0.1, 1, 10, 100])
  t.ok(Math.abs(latencies.shareOf(1) - 1 / 3) < 1e-9)
  t.equal(latencies.shareOf(0), 0, 'nothing is below it')
  const rates = createScale({ unit: '/s', scale: 'logarithmic' }, [1_000, 10_000, 2_000], true)
  t.equal(rates.shareOf(1_000), 0)
  t.equal(rates.shareOf(10_000), 1)
  t.equal(createScale({ unit: '', scale: 'logarithmic' }, [5], true).shareOf(5), 0, 'one number is no span')
  t.equal(createScale({ unit: '', scale: 'linear' }, []).shareOf(1), 1, 'none are no reason to fail')
  t.strictSame([1_500, 0.1].map(tickText), ['1,500', '0.1'])
})

const axis = { unit: 's', scale: 'linear' } as const

t.test('a plot is an SVG whose texts are escaped', async (t) => {
  const lines = toLineSvg({
    ...{ kind: 'lines', title: 'a < b', x: axis, y: axis },
    lines: [
      {
        name: 'p50 & more',
        points: [
          [0, 0],
          [10, 5],
        ],
        isDashed: true,
      },
    ],
  })
  t.match(lines, /^<svg [^>]+aria-label="a &lt; b">/)
  t.match(lines, 'p50 &amp; more')
  t.match(lines, /<polyline stroke="#\w+" stroke-dasharray="5 4" points="64\.0,330\.0 1066\.0,40\.0"/)
  const bars = toBarSvg({
    kind: 'bars',
    title: 'cost',
    unit: 'µs',
    parts: ['nodes', 'Redis'],
    bars: [{ name: 'A', values: [60, 15] }],
  })
  t.equal(bars.match(/<rect /g)?.length, 2)
  t.match(bars, '>75</text>')
  t.notMatch([lines, bars].join(), 'NaN')
})

const outcome = {
  title: 'How fast?',
  setting: 'One node.',
  targets: [{ text: 'At least 2', measured: '1', isMet: false }],
  tables: [
    {
      title: 'Speed',
      head: ['', 'a second'],
      rows: [
        ['A', 12],
        ['longer', null],
      ],
    },
  ],
  plots: [],
  figures: {},
}

t.test('an outcome is told on a terminal and on a page', async (t) => {
  t.strictSame(toLines(outcome).slice(3), [
    'Speed',
    '        a second',
    'A             12',
    'longer          ',
    '',
    'MISSED  At least 2: 1',
  ])
  const page = toHtml({ title: 'All', run: { commit: 'abc' }, outcomes: [outcome], notes: ['Read it so.'] })
  for (const part of ['<h1>All</h1>', 'abc', '<h2>How fast?</h2>', 'missed', 'Read it so.'])
    t.match(page, part)
})

t.test('a bar is rewritten on a terminal, and is quiet elsewhere', async (t) => {
  const write = (isTTY: boolean) => {
    const written: string[] = []
    const progress = createProgress({ write: (text) => written.push(text), isTTY, columns: 60 })
    const bar = progress.bar('sessions join', 10)
    bar.to(5, '5 of 10')
    bar.end()
    progress.say('done')
    return written
  }
  t.strictSame(write(false), ['done\n'])
  const [drawn = '', cleared, said] = write(true)
  t.match(drawn, /^\[#{12}\.{12}\] {2}50 % sessions join 5 of/)
  t.ok(drawn.length < 60)
  t.strictSame([cleared, said], ['\r\x1b[K', 'done\n'])
  t.match(barText(2), /^\[#{24}\] 100 %$/)
})
