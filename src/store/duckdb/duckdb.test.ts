import { silentLog } from '../../telemetry/log.ts';
import { storeSuite } from '../suite.ts';
import { openDuckDbStore } from './index.ts';

storeSuite('DuckDB', { open: (directory) => openDuckDbStore({ directory, log: silentLog }) });
