/** `headcount convert`: the configuration of another product as ours. */

import { asYaml, readForeignConfig } from '../config/convert/index.ts';
import { readConfigFile } from '../config/load.ts';
import { HeadcountError } from '../lib/errors.ts';
import { printable } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import type { Command } from './command.ts';
import { openOutput } from './output-file.ts';

export const convert: Command = {
  help: `Turn the configuration of another product into ours.

  headcount convert proxy.xml
  headcount convert user.ini -o headcount.yaml

Takes the <proxyConfig> of CasterStats Proxy, or the user.ini of
spyserver_monitor, and prints a headcount.yaml. Every mistake is told with its
line, and what else there is to know on standard error. The passwords and keys
of the original stand in the result as they stood there.

Options
  -o, --output FILE   write it there instead, for its owner only

Exit code: 0 fine, 1 if it cannot be written, 2 for wrong usage or a mistake in
the file.
`,
  run: async (args, terminal) => {
    const { values, positionals } = readArgs(args, { output: { type: 'string', short: 'o' } });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new HeadcountError('BAD_USAGE', 'convert takes one file.');
    const converted = readForeignConfig(readConfigFile(file), file);
    const text = asYaml(converted);
    for (const note of converted.notes) terminal.err(printable(`${note}\n`));
    const output = values['output'] as string | undefined;
    if (output === undefined) {
      terminal.out(text);
      return 0;
    }
    const written = await openOutput(output, 0o600);
    try {
      await written.write(text);
      await written.finish();
    } catch (error) {
      await written.abandon();
      throw error;
    }
    return 0;
  },
};
