/** Starts the dashboard: the words, the clock, the live connection, and the page. */

import './app.css';
import './print.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { startClock } from './lib/clock.svelte.ts';
import { loadTexts } from './lib/language.ts';
import { startLive } from './lib/live.svelte.ts';
import './lib/theme.svelte.ts';

await loadTexts();
startClock();
startLive();
mount(App, { target: document.getElementById('app')! });
