// `mgrpo study`: a study file becomes a folder of cells, a page and a table. What a study is, is in study/.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { reasonOf } from '../errors.js';
import { ARMS, POLICY_OPTIONS, finishedCells, readStudy, renderStudy, runStudy, summarizeStudy, studyCsv } from '../index.js';
import { DEVICE_OPTIONS } from '../open/choice.js';
import type { FileSource, Device, OpenCell, StudyCell, StudyPlan, StudyPoints, StudyProgress, StudySummary } from '../index.js';
import type { OptionTable, Settings } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { duration } from '../report/format.js';
import { checkData, checkRewards, openRewards, readRows } from './data.js';
import { UsageError, ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { modelOf, openAdapter, openCritic, openModel } from './model.js';
import { CRITIC_OPTIONS, DATA_OPTIONS, EVAL_DATA_OPTIONS, MODEL_OPTIONS, REWARD_OPTIONS } from './options.js';
import { printResult, say } from './output.js';
import { withSession } from './session.js';
import { forResume, openReference, openTrainedPolicy } from './trained.js';

/** The settings of a task in a study file, beside those of its trainers. */
const TASK_OPTIONS = {
  ...MODEL_OPTIONS,
  ...CRITIC_OPTIONS,
  ...POLICY_OPTIONS,
  ...DATA_OPTIONS,
  ...EVAL_DATA_OPTIONS,
  ...REWARD_OPTIONS,
} as const satisfies OptionTable;
type TaskSettings = Settings<typeof TASK_OPTIONS>;

const OWN = {
  ...DEVICE_OPTIONS,
  outputDir: {
    section: 'study',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Folder of the study: its cells, results.csv and index.html. None: studies/<name of the file>.',
  },
  pageOnly: {
    section: 'study',
    type: 'boolean',
    default: false,
    doc: 'Run nothing: write the page and the table from the cells that are finished.',
  },
} as const satisfies OptionTable;

export const studySpec: CommandSpec = {
  name: 'study',
  summary: 'compare algorithms: arms × tasks × seeds from one file',
  usage: `mgrpo study: arms × tasks × seeds from one YAML file, with paired statistics and one page

  mgrpo study FILE.yaml [--output-dir D]

  arms: [grpo, mgrpo, "mgrpo:normalizer=paper", "mgrpo:*"]   # or {name, like, settings}; mgrpo:* changes each option of layer 2 alone
  baseline: grpo
  seeds: [1, 2, 3, 4, 5]
  budget: {generatedTokens: 200000}                          # or {steps: 40}
  evaluation: {points: 4, rows: 200, turns: 2, temperature: 1}
  settings: {learningRate: 1e-4, layer2: {numGenerations: 4}}  # of every trainer, by their names in mgrpo train
  tasks:
    sums: {model: models/arithmetic-0.2m, task: arithmetic, taskSize: small, settings: {maxCompletionLength: 48}}

Stopped anywhere (Ctrl-C, kill -9), the same call goes on where it was; finished cells are not run again. The last line on stdout is
{"study","done","total","results","comparisons"}. The arms:
${ARMS.map(({ name, doc }) => `  ${name.padEnd(17)} ${doc}`).join('\n')}`,
  own: OWN,
};

/** `mgrpo study` */
export async function studyCommand(argv: readonly string[]): Promise<Work | null> {
  const file = argv[0]?.startsWith('-') === false ? argv[0] : undefined;
  const problems: string[] = [];
  const given = readFlags(studySpec, argv.slice(file === undefined ? 0 : 1), problems);
  if (given === null) return null;
  const settings = ownSettings(studySpec, OWN, given, problems);
  if (file === undefined) problems.push('expected a study file, got none');
  refuse('study', problems);
  const { outputDir, pageOnly } = settings;
  const plan = readStudy(file!, readYaml(file!), TASK_OPTIONS);
  for (const { name, settings } of plan.tasks) {
    const found: string[] = [];
    modelOf(settings, found);
    checkData(settings, found);
    checkRewards(settings.reward, found);
    problems.push(...found.map((problem) => `task ${name}: ${problem}`));
  }
  for (const { arm, training } of plan.rows)
    if (training.critic && training.task.settings.critic === null)
      problems.push(`task ${training.task.name}: expected a model for critic, which arm ${arm.name} needs, got none`);
  refuse('study', problems);
  const folder = new NodeFiles(outputDir ?? path.join('studies', path.basename(file!).replace(/\.[^.]*$/, '')));
  const start = await finishedCells({ plan, files: folder });
  if (pageOnly) return () => finish(plan, folder, start);
  const models = new Map<string, FileSource>();
  for (const { name, settings } of plan.tasks) models.set(name, await openModel(modelOf(settings, [])));
  return () =>
    withSession(settings, 'stopping: finished cells stay, and the same call goes on', async ({ device, progress, signal }) => {
      say(
        `${plan.cells.length} cells, ${start.size} finished: ${plan.arms.length} arms, ${plan.tasks.length} tasks, ${plan.seeds.length} seeds`,
      );
      const points = await runStudy({
        plan,
        files: folder,
        open: (cell, checkpoint) => openCell(device, plan, models.get(cell.training.task.name)!, cell, checkpoint),
        signal,
        onProgress: (at) => progress.line(progressText(at)),
        onDamage: (text) => progress.line(text),
        onCell: async (found) => {
          await writeResults(plan, folder, found);
        },
      });
      return finish(plan, folder, points);
    });
}

function readYaml(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0];
    throw new UsageError(`mgrpo study: expected a readable YAML file, got ${file}: ${reason}`, { cause: error });
  }
}

/** The policy, the data and the rewards of a cell. */
async function openCell(
  device: Device,
  plan: StudyPlan<TaskSettings>,
  model: FileSource,
  { training, seed }: StudyCell<TaskSettings>,
  checkpoint: FileSource | undefined,
): Promise<OpenCell> {
  const { settings } = training.task;
  const seeded = { ...training.config, seed };
  const config = checkpoint ? { ...seeded, ...forResume(settings, { reference: seeded.reference }) } : seeded;
  const parts = { settings, config, model, adapter: await openAdapter(settings.adapter), checkpoint };
  const trainDataset = await readRows({ settings, split: 'train', limit: settings.limit, seed });
  const { evalDataset: dataset } = settings;
  const held = dataset === null ? settings : { ...settings, dataset, task: null };
  const { split, rows: limit } = plan.evaluation;
  const evalDataset = await readRows({ settings: held, split, limit, seed: plan.seeds[0]! });
  const rewardFuncs = [
    ...(await openRewards(settings.reward, settings.rewardModule, config, trainDataset)),
    ...(await openRewards(training.rewards, null, config, trainDataset)),
  ];
  const policy = await openTrainedPolicy(device, parts);
  const referencePolicy = await openReference(device, parts);
  const critic = training.critic ? await openCritic(device, settings) : undefined;
  return {
    policy,
    ...(referencePolicy && { referencePolicy }),
    ...(critic && { critic }),
    config,
    rewardFuncs,
    trainDataset,
    evalDataset,
  };
}

function progressText({ cell, done, total, share, last, secondsLeft }: StudyProgress<TaskSettings>): string {
  const { metrics } = last;
  const accuracy = ['acc_t1', 'acc_t2'].flatMap((name) => (name in metrics ? [`${name} ${metrics[name]!.toFixed(3)}`] : []));
  const where = `cell ${done + 1}/${total} · ${cell.id} · ${Math.round(100 * share)} %`;
  return [where, ...accuracy, ...(Number.isFinite(secondsLeft) ? [`${duration(secondsLeft)} left`] : [])].join(' · ');
}

async function writeResults(plan: StudyPlan<TaskSettings>, folder: NodeFiles, points: StudyPoints): Promise<StudySummary> {
  const summary = summarizeStudy(plan, points);
  await folder.write('results.csv', studyCsv(summary));
  await folder.write('index.html', renderStudy(path.basename(folder.name), plan, summary));
  return summary;
}

async function finish(plan: StudyPlan<TaskSettings>, folder: NodeFiles, points: StudyPoints): Promise<number> {
  const summary = await writeResults(plan, folder, points);
  const { results, comparisons, done, total } = summary;
  say(`page: ${path.join(folder.name, 'index.html')}\ntable: ${path.join(folder.name, 'results.csv')}`);
  await printResult(
    {
      study: folder.name,
      done,
      total,
      results: results.map(({ task, arm, accuracy, gain }) => ({ task, arm: arm.name, accuracy, gain })),
      comparisons,
    },
    true,
  );
  return 0;
}
