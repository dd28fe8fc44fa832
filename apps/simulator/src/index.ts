/** The WeChat simulator: start it in a test, or run it as a process. */
export {
  type AppConfig,
  type AppSwitches,
  type AppsConfig,
  DEFAULT_SWITCHES,
} from './app-config.js'
export { PLATFORM_DEFAULTS, type PlatformConfig, type PlatformGiven } from './component/platform-config.js'
export { InputDefect } from './defect.js'
export { PortTaken } from './listen.js'
export { type PictureNote, readNote } from './picture/note.js'
export { parseAppsFile } from './read-switches.js'
export { type RunIo, run } from './run.js'
export { type Simulator, type SimulatorOptions, startSimulator } from './simulator.js'
export { WINDOW_KINDS, type WindowKind } from './window.js'
