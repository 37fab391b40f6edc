import { z } from 'zod'
import { checkFlags, count, readFlags } from '../flags.js'
import type { Plan, Question, Size } from './questions/question.js'

/** What may be told of every run. */
const commonFlags = z.object({
  /** Folder of the report and of everybody's logs; absent: a temporary one. */
  out: z.string().optional(),
  /** The `main.js` that Parley's nodes run. */
  entry: z.string().default('dist/main.js'),
  /** How often each is measured; medians are told. */
  runs: count(1, 50).default(1),
  /** The peers as well, in turn. */
  peers: z.boolean().default(false),
  /** To see that it runs. */
  quick: z.boolean().default(false),
})

/** The one that may be given for all questions at once. */
const sharedFlags = z.object({ seconds: count(1, 600).optional() })
const SWITCHES = ['peers', 'quick']

export interface Options extends z.infer<typeof commonFlags> {
  readonly plans: readonly Plan[]
}

/** @throws Error with one line that says what is wrong, and what there is */
export function parseOptions(given: readonly string[], questions: readonly Question[]): Options {
  const args = spelledOut(given)
  const [first = ''] = args
  const isNamed = first !== '' && !first.startsWith('-')
  const asked = isNamed
    ? questions.filter(({ name }) => name === first)
    : questions.filter(({ isApart }) => !isApart)
  if (asked.length === 0)
    throw new Error(`the questions are ${questions.map(({ name }) => name).join(', ')}; without one, all`)

  const own = isNamed ? asked.map(({ flags }) => flags) : [sharedFlags]
  const flags = readFlags(isNamed ? args.slice(1) : args, [...own, commonFlags], SWITCHES)
  const common = checkFlags(commonFlags, flags)
  const size: Size = common.quick ? 'quick' : isNamed ? 'full' : 'together'
  return { ...common, plans: asked.map((question) => question.plan(flags, size)) }
}

/** `--compare <commit>` asks the question of that name. */
function spelledOut(args: readonly string[]): readonly string[] {
  return args[0] === '--compare' ? ['compare', '--commit', ...args.slice(1)] : args
}
