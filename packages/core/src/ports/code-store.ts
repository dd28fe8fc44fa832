import type { ClosedCode } from '../closed-code.js'
import type { PictureFormat } from '../look.js'

/** A picture that inspection found whole, on its way to the store. */
export interface WholePicture {
  readonly bytes: Uint8Array
  readonly format: PictureFormat
  /** Pixels; width = height. */
  readonly width: number
}

export interface StoredCode {
  readonly key: string
  readonly bytes: number
  readonly closedAtMs: number
}

export interface ReadRange {
  /** First and last byte, both included. */
  readonly from: number
  readonly to: number
}

/** A picture's bytes for a reader; `body` must be consumed or destroyed. */
export interface OpenCode {
  readonly bytes: number
  readonly closedAtMs: number
  /** Lower-case hex where the store keeps it, else null. */
  readonly sha256: string | null
  readonly body: AsyncIterable<Uint8Array>
}

/** The shape that a picture under a key must have to be adopted. */
export interface ExpectedPicture {
  readonly format: PictureFormat
  readonly width: number
}

/** A picture as the event told of it that published it. */
export interface ToldPicture extends ExpectedPicture {
  readonly key: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly publishedAtMs: number
}

export interface CodePage {
  /** Ascending by key. */
  readonly codes: readonly StoredCode[]
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null
}

/** Pictures by the thousand. Throws as CodeStore does. */
export interface CodeListing {
  /** Closed pictures under a prefix and behind the key `after`, 1,000 at most. */
  page(prefix: string, after: string): Promise<CodePage>
  /** The picture that was told of, where what is listed under its key can be no other; null: `confirm` tells. */
  adopt(listed: StoredCode, told: ToldPicture): ClosedCode | null
}

/**
 * Pictures, under `codes/`. Whole or absent: what `put` and `confirm` give has been closed, durably; `stat` only looks.
 * All of them throw: RetryFault (`store_*`) for what may pass or whose outcome is unknown, HoldFault (`store_*`, reason storage)
 * for a store that cannot work now (full, forbidden, bucket missing).
 */
export interface CodeStore {
  readonly name: 'file' | 's3' | 'memory'
  /** null where a list proves nothing of what the files hold. */
  readonly listing: CodeListing | null
  /** Cheap: is there a closed picture under this key? */
  stat(key: string): Promise<StoredCode | null>
  /** Create-only. Resolves when the picture is whole, durable and visible; adopts what is there already, if it is whole. */
  put(key: string, picture: WholePicture): Promise<ClosedCode>
  /** What is there, looked at: its checksum and width; null when absent, RetryFault `store_defect` when it is not whole or not as expected. */
  confirm(key: string, expected: ExpectedPicture): Promise<ClosedCode | null>
  read(key: string, range?: ReadRange): Promise<OpenCode | null>
  remove(key: string): Promise<void>
}
