import type { Member } from './protocol.js'

/** The others, where it is oneself that is left out. */
export function withoutMember(members: readonly Member[], userId: string | undefined): Member[] {
  return members.filter((member) => member.userId !== userId)
}
