import { z } from 'zod'
import { count } from '../../flags.js'
import type { Target } from '../../report/outcome.js'
import { arriveWithBar } from '../arrival.js'
import { median, shown } from '../figures/medians.js'
import { type IdleRun, slopeOf, steady } from '../figures/memory.js'
import { type Row, runsTable } from '../figures/runs-table.js'
import { atMost } from '../figures/verdicts.js'
import { sessionsWithin } from '../sessions-limit.js'
import { onStage } from '../stage.js'
import { numbers, pairs } from '../worlds.js'
import { inTurn, ownOf } from './in-turn.js'
import { createQuestion } from './question.js'

const MOST_KILOBYTES = 4
const AT_SESSIONS = 18_000
const KILOBYTE = 1024

const flags = z.object({
  sessions: count(2, 100_000).default(AT_SESSIONS),
  /** Memory is looked at after so many more. */
  step: count(1, 100_000).default(3_000),
})

/** What a session takes that stands in its chat and says nothing. */
export const idle = createQuestion({
  name: 'idle',
  title: 'Idle sessions: memory',
  flags,
  quick: { sessions: 2_000, step: 500 },

  async run(asked, { sessions: wanted, step }) {
    const { engines, progress } = asked
    const { sessions, note } = await sessionsWithin(wanted)
    if (note !== undefined) progress.say(note)
    const world = pairs(Math.ceil(sessions / 2))
    const rows = await inTurn(asked, (system, label) =>
      onStage({ engines, system, world, nodes: 1 }, async (stage): Promise<IdleRun> => {
        const look = () => steady(async () => (await stage.usage()).nodes[0]?.rss ?? Number.NaN)
        const samples: [number, number][] = [[0, await look()]]
        for (let standing = 0; standing < sessions; ) {
          const next = Math.min(sessions, standing + step)
          const users = numbers(next).slice(standing)
          await arriveWithBar({ stage, users, progress, label: `${label}, ${standing} standing` })
          standing = next
          samples.push([standing, await look()])
        }
        const { closed } = await stage.generator.tell()
        return { samples, closed }
      }),
    )
    const own = ownOf(rows)
    return {
      setting:
        `${sessions} sessions of as many users on one node, each joined to one of ${world.chats.length} chats of two, none saying anything. ${note ?? ''} RSS is looked at when it has come to rest, before the first session and after each ${step} more.`.replace(
          '  ',
          ' ',
        ),
      targets: targetsOf(own, sessions),
      tables: [
        runsTable('Memory of the node', '', rows, [
          { head: 'without sessions, MB', of: ({ samples }) => (samples[0]?.[1] ?? 0) / KILOBYTE ** 2 },
          { head: `with ${sessions}, MB`, of: ({ samples }) => (samples.at(-1)?.[1] ?? 0) / KILOBYTE ** 2 },
          { head: 'KB a session', of: perSession },
          { head: 'slope, KB a session', of: ({ samples }) => slopeOf(samples) / KILOBYTE },
          { head: 'sessions closed', of: ({ closed }) => closed },
        ]),
        {
          title: 'RSS in MB by sessions, medians',
          head: [
            '',
            ...(own[0]?.runs[0]?.samples ?? []).map(([standing]) => standing.toLocaleString('en-GB')),
          ],
          rows: rows.map(({ name, runs }) => [
            name,
            ...(runs[0]?.samples ?? []).map((_, at) =>
              shown(median(runs.map(({ samples }) => (samples[at]?.[1] ?? 0) / KILOBYTE ** 2))),
            ),
          ]),
        },
      ],
      plots: [
        {
          kind: 'lines',
          title: 'memory of the node by sessions',
          x: { unit: 'sessions', scale: 'linear' },
          y: { unit: 'MB', scale: 'linear' },
          lines: rows.map(({ name, runs }) => ({
            name,
            points: (runs[0]?.samples ?? []).map(([standing, rss]) => [standing, rss / KILOBYTE ** 2]),
          })),
        },
      ],
      figures: { rows: rows.map(({ name, runs }) => ({ name, runs })) },
      broken: own.flatMap(({ name, runs }) =>
        runs
          .filter(({ closed }) => closed > 0)
          .map(({ closed }) => `${name}: ${closed} sessions were closed`),
      ),
    }
  },
})

/** From the start of the node to all sessions: what was allocated once for all of them is in it. */
function perSession({ samples }: IdleRun): number {
  const [first, last] = [samples[0], samples.at(-1)]
  return ((last?.[1] ?? 0) - (first?.[1] ?? 0)) / (last?.[0] ?? 1) / KILOBYTE
}

function targetsOf(own: readonly Row<IdleRun>[], sessions: number): Target[] {
  const measured = median(own.flatMap(({ runs }) => runs.map(perSession)))
  return [atMost(`RSS of an idle joined session, with ${sessions} of them`, measured, MOST_KILOBYTES, 'KB')]
}
