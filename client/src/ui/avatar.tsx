import { hueOf, initialsOf } from './people.js'

export interface AvatarProps {
  readonly id: string
  readonly name: string
  /** Absent: nothing is known about it. */
  readonly isOnline?: boolean | undefined
}

/** Initials on the colour of this id, and a dot for who is there. The name is beside it: nothing to read out. */
export function Avatar({ id, name, isOnline }: AvatarProps) {
  return (
    <span className="parley-avatar" data-hue={hueOf(id)} aria-hidden="true">
      {initialsOf(name)}
      {isOnline && <span className="parley-avatar-dot" />}
    </span>
  )
}
