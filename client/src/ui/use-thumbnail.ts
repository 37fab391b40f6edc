import { type RefObject, useEffect, useRef, useState } from 'react'
import { useConnection } from '../react/index.js'
import type { OpenChat } from '../types.js'
import { isTemporary } from './is-temporary.js'
import { whenNear } from './when-near.js'

/** The address may have become too old, or the network gone; what fails again is not an image that can be shown. */
const TRIES = 3

export interface Thumbnail {
  /** Where the image will be. */
  readonly box: RefObject<HTMLButtonElement | null>
  readonly source: string | undefined
  readonly hasFailed: boolean
  readonly onError: () => void
}

/** The address of a thumbnail that is needed, asked for when its place comes near to what is seen. */
export function useThumbnail(chat: OpenChat, attachmentId: string, isNeeded: boolean): Thumbnail {
  const box = useRef<HTMLButtonElement>(null)
  const isOnline = useConnection().status === 'online'
  const [isNear, setIsNear] = useState(false)
  const [tries, setTries] = useState(0)
  const [source, setSource] = useState<string>()
  const isWanted = isNeeded && isNear && isOnline && source === undefined && tries < TRIES

  useEffect(() => {
    const { current } = box
    return current ? whenNear(current, () => setIsNear(true)) : undefined
  }, [])

  useEffect(() => {
    if (!isWanted) return
    let isCurrent = true
    chat.attachmentUrl(attachmentId, 'thumbnail').then(
      (url) => isCurrent && setSource(url),
      (error: unknown) => isCurrent && setTries(isTemporary(error) ? tries + 1 : TRIES),
    )
    return () => {
      isCurrent = false
    }
  }, [chat, attachmentId, isWanted, tries])

  function onError(): void {
    setSource(undefined)
    setTries(tries + 1)
  }

  return { box, source, hasFailed: tries >= TRIES, onError }
}
