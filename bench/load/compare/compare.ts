import { resolve } from 'node:path'
import { z } from 'zod'
import { count } from '../../flags.js'
import type { Progress } from '../../report/progress.js'
import { brokenBy } from '../figures/loss.js'
import { shown } from '../figures/medians.js'
import type { Talk } from '../generator/orders.js'
import { type Answer, type Asked, createQuestion } from '../questions/question.js'
import { checkOut } from './checkout.js'
import { FIGURES, type Figure, type Ratios, type Round, ratiosOf, spreadOf } from './ratios.js'
import { createSide, type Side } from './sides.js'
import { CLEAR, IN_EACH, isClearLoss } from './verdict.js'

/** Before anything counts: code that has not run is not compiled yet. */
const FIRST_SECONDS = 3
const CLOSED = { kind: 'closed' } as const

const HEADS: Readonly<Record<Figure, string>> = {
  perSecond: 'messages/s',
  cpu: 'µs a message',
  p99: 'delivery p99',
}

const flags = z.object({
  commit: z.string().describe('what this source is compared with'),
  rounds: count(1, 100).default(10),
  seconds: z.coerce.number().min(0.5).max(60).default(2).describe('of each of the four turns of a round'),
  rate: count(10, 20_000).default(1_000).describe('messages a second, where they come at fixed times'),
  rateRounds: count(0, 100).default(5),
})

/** This source and a commit in turn, on one machine: how often the one is of the other. */
export const compare = createQuestion({
  name: 'compare',
  title: 'Compared with another commit',
  isApart: true,
  flags,
  quick: { rounds: 5, seconds: 1.2, rateRounds: 1 },
  run: async (asked, options) => await run(asked, options),
})

async function run(
  { engines, entry, progress }: Asked,
  options: z.infer<typeof flags>,
): Promise<Omit<Answer, 'title'>> {
  progress.say(`building ${options.commit}…`)
  const base = await checkOut(options.commit, engines.folder)
  const wait = async (seconds: number) => await progress.wait('', seconds)
  const sides: Side[] = []
  try {
    const theirs = await createSide(engines, 'base', base, wait)
    sides.push(theirs)
    const ours = await createSide(engines, 'ours', { entry: resolve(entry), name: 'this source' }, wait)
    sides.push(ours)
    for (const side of sides) await side.work(CLOSED, FIRST_SECONDS)
    const open = { kind: 'open', perSecond: options.rate } as const
    const closed = await inTurn([theirs, ours], CLOSED, options.rounds, options.seconds, progress)
    const fixed = await inTurn([theirs, ours], open, options.rateRounds, options.seconds, progress)
    const broken = await Promise.all(sides.map(async (side) => brokenBy(side.name, await side.loss())))
    const described = describe(base.name, options, closed, fixed)
    const lost = described.targets.filter(({ isMet }) => !isMet)
    const losses = lost.map(({ measured }) => `a clear loss against ${base.name}: processor time ${measured}`)
    return { ...described, broken: [...losses, ...broken.flat()] }
  } finally {
    for (const side of sides) await side.end()
  }
}

async function inTurn(
  [base, ours]: readonly [Side, Side],
  loop: Talk['loop'],
  rounds: number,
  seconds: number,
  progress: Progress,
): Promise<Round[]> {
  const done: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    const turn = async (side: Side) => await side.work(loop, seconds)
    const [first, second, third, fourth] = [
      await turn(base),
      await turn(ours),
      await turn(ours),
      await turn(base),
    ]
    const one = { base: [first, fourth], ours: [second, third] } as const
    done.push(one)
    progress.say(`${loop.kind} loop, round ${round} of ${rounds}: ${inWords(ratiosOf(one))}`)
  }
  return done
}

function inWords(ratios: Ratios): string {
  return FIGURES.map((figure) => `${HEADS[figure]} × ${ratios[figure].toFixed(2)}`).join(', ')
}

function describe(
  name: string,
  { rounds, seconds, rate, rateRounds }: z.infer<typeof flags>,
  closed: readonly Round[],
  fixed: readonly Round[],
): Omit<Answer, 'title' | 'broken'> {
  const closedRatios = closed.map(ratiosOf)
  const fixedRatios = fixed.map(ratiosOf)
  const cpu = closedRatios.map((ratios) => ratios.cpu)
  const { median, low, high } = spreadOf(cpu)
  return {
    setting: `This source compared with ${name}: 500 chats of two, the members on two nodes; both stand all the while, each with a Redis and a database of its own, and work in turn: base, ours, ours, base, ${seconds} s each, ${rounds} such rounds in a closed loop and ${rateRounds} at ${rate} messages a second.`,
    targets: [
      {
        text: `no clear loss: processor time for each message not over ${CLEAR} times the base's in the median of the rounds with every one of them over ${IN_EACH}`,
        measured: `× ${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
        isMet: !isClearLoss(cpu),
      },
    ],
    tables: [
      ratioTable('closed loop', closedRatios),
      ...(fixed.length > 0 ? [ratioTable(`${rate} messages/s`, fixedRatios)] : []),
      sliceTable(closed),
    ],
    plots: [],
    figures: {
      closed: { rounds: closed, ratios: closedRatios },
      fixed: { rounds: fixed, ratios: fixedRatios },
    },
  }
}

function ratioTable(title: string, ratios: readonly Ratios[]) {
  return {
    title: `${title}: ours is so many times the base`,
    head: ['', 'median of the rounds', 'from', 'to'],
    rows: FIGURES.map((figure) => {
      const { median, low, high } = spreadOf(ratios.map((one) => one[figure]))
      return [HEADS[figure], ...[median, low, high].map((value) => value.toFixed(3))]
    }),
  }
}

function sliceTable(rounds: readonly Round[]) {
  const mean = (round: Round, side: 'base' | 'ours', figure: Figure) =>
    shown((round[side][0][figure] + round[side][1][figure]) / 2)
  return {
    title: 'closed loop, round by round: base, ours',
    head: ['round', ...FIGURES.map((figure) => HEADS[figure])],
    rows: rounds.map((round, index) => [
      index + 1,
      ...FIGURES.map((figure) => `${mean(round, 'base', figure)}, ${mean(round, 'ours', figure)}`),
    ]),
  }
}
