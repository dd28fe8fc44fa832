/** "2026-11-20T18:30:00Z": a time in a list, to the second. It stays UTC, and says so: beside it a list may name another zone. Pure. */
export const renderTime = (iso: string): string => `${iso.slice(0, 19)}Z`
