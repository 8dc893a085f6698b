import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Theme } from "./map/colours.js";

/** An event that asks the page to print itself, in light colours. */
export const PRINT = "explorer-print";

export type ThemeChoice = "auto" | "light" | "dark";

export const ThemeContext = createContext<Theme>({ isDark: false });

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
