import type { Target } from '../../report/outcome.js'
import type { Conversed } from '../conversation.js'
import { brokenBy } from './loss.js'
import { shown } from './medians.js'
import type { TalkRow } from './talk-tables.js'

/** Of the service's own runs alone: what a peer loses is in the tables. */
export function brokenIn(rows: readonly TalkRow[]): string[] {
  return rows.flatMap(({ name, runs }) => runs.flatMap(({ loss }: Conversed) => brokenBy(name, loss)))
}

export function atLeast(text: string, measured: number | null, least: number, unit: string): Target {
  return {
    text: `${text}: at least ${shown(least)} ${unit}`,
    measured: `${shown(measured)} ${unit}`,
    isMet: measured !== null && measured >= least,
  }
}

export function atMost(text: string, measured: number | null, most: number, unit: string): Target {
  return {
    text: `${text}: at most ${shown(most)} ${unit}`,
    measured: `${shown(measured)} ${unit}`,
    isMet: measured !== null && measured <= most,
  }
}
