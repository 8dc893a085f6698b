import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Theme } from "./map/colours.js";

export type ThemeChoice = "auto" | "light" | "dark";

export const ThemeContext = createContext<Theme>({ isDark: false });

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
