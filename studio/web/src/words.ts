/** Every text of the page, in one place: translate this file, and the lessons. */

import type { Name, Row } from "./frame";
import type { Measure, Trial } from "./state";

const DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function number(value: number | null | undefined, unit = ""): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not known";
  if (unit.startsWith("share")) return `${(100 * value).toFixed(1)}\u00a0%`;
  const size = Math.abs(value);
  const text = size >= 100 ? WHOLE.format(size) : DIGITS.format(size);
  return value < 0 && text !== "0" ? `−${text}` : text;
}

/** A measure's unit as it is shown: a share is written in per cent, so only what it is a share of is left. */
export function unitOf(unit: string): string {
  return unit.replace(/^share ?/, "").replace("0-1", "0 to 1");
}

/** The unit, where the label does not name it already: "Members", not "Members (members)". */
export function unitBeside(label: string, unit: string): string {
  return label.toLowerCase().includes(unit.toLowerCase()) ? "" : unitOf(unit);
}

const hour = (hours: number) => `${DIGITS.format(Math.round(10 * hours) / 10)}\u00a0h`;
export const percent = (share: number) => `${Math.round(100 * share)} %`;

export function who(key: number): string {
  const step = 2 ** 20;
  if (key < step) return `Founder ${key + 1}`;
  return `Joiner ${(key % step) + 1} of day ${Math.floor(key / step / 4)}`;
}

export const stages: Record<string, string> = {
  visitor: "visitor, has never written",
  newcomer: "newcomer",
  regular: "regular",
  core: "core, holds close ties",
  lapsed: "lapsed, long away",
  left: "has left",
};

export const strategyOf = (scenario: string) => scenario.split("@")[0];
export const worldOf = (scenario: string) => scenario.split("@").at(-1)!;

/** A scenario as people read it. */
export const named = (scenario: string, world = false) => (scenario === "baseline" ? (world ? "the usual one" : "a bit of everything") : scenario.replaceAll("_", " ").replace("@", " in "));

/** A value of a scenario, with its unit where that says something. */
export function told(value: unknown, unit = ""): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  return unit.startsWith("share") ? percent(value) : ["chance", "factor", ""].includes(unit) ? number(value) : `${number(value)} ${value === 1 ? unit.replace(/s$/, "") : unit}`;
}

/** What was set by hand, in words. */
function set(key: string, value: unknown): string {
  if (key === "facilitation") return `slider at ${percent(value as number)}`;
  const activity = key.match(/^strategy\.hours\.(.*)/)?.[1];
  return activity ? `share of hours on ${say.activities[activity] ?? activity} ${percent(value as number)}` : `${key} ${told(value)}`;
}

/** What a side is called, from where its slider stands. */
export function title(share: number): string {
  if (share < 0.25) return "Mostly messages";
  if (share < 0.45) return "More messages than members";
  if (share <= 0.55) return "Half and half";
  if (share <= 0.75) return "More members than messages";
  return "Mostly with members";
}

export const say = {
  title: "Hearthside studio",
  line: "Two communities: the same people, the same luck, the same hours. What differs is what the team spends them on.",
  lineAlike: "Two communities: the same people, the same luck. What differs is what the team does.",
  lineApart: "Two communities that differ in more than what the team does: see below in what. A lead may come from any of it.",
  play: "Play",
  playAgain: "Play again",
  pause: "Pause",
  step: "Step",
  stepHint: "One week",
  reset: "Reset",
  speed: "Speed",
  perSecond: (weeks: number) => (weeks === 1 ? "1 week a second" : `${weeks} weeks a second`),
  projector: "Projector",
  broadcast: "Broadcast",
  facilitate: "Facilitate",
  sliderLabel: (name: Name) => `${name}: from Broadcast to Facilitate`,
  sliderText: (share: number) => `${percent(share)} of these hours on members, ${percent(1 - share)} on messages`,
  hoursLine: (hours: number, spent: Record<string, number>, share: number) => {
    const act = hours * (spent.act ?? 0);
    const both = hours * Object.values(spent).reduce((sum, part) => sum + part, 0) - act;
    const said = `Each week ${hour(both * share)} with members, ${hour(both * (1 - share))} on messages`;
    const idle = hours - both - act;
    return [said, ...(act > 0 ? [`${hour(act)} on changes`] : []), ...(idle > 0.05 ? [say.unused(idle)] : [])].join(", ");
  },
  week: (day: number, days: number) => `Week ${Math.floor(day / 7)} of ${Math.floor(days / 7)}`,
  now: "Right now",
  measure: "Measure",
  community: (name: Name) => `Community ${name}`,
  chart: "Chart",
  byWeek: (unit: string) => `${unit}, by week`,
  pictureLabel: (name: Name, title: string, members: number, ties: number) =>
    `Community ${name}, ${title}: ${number(members)} members, ${number(ties)} ties felt on both sides.`,
  pictureHelp:
    "Arrow up and down: another member. Arrow right: along the closest tie. Arrow left: back. Escape: nobody. " +
    "The table Right now holds the same in numbers.",
  drawn: (drawn: number, all: number) => `${number(drawn)} of ${number(all)} members drawn, picked by chance`,
  legend: {
    member: "member (larger: more passion)",
    quiet: "never wrote, or long away (faint)",
    left: "has left",
    staff: "staff",
    marketer: "marketer",
    tie: "tie: thicker is closer",
    today: "talked just now",
    word: "a word from the team",
    ring: "a message to everybody",
  },
  same: "The same person in both communities",
  absent: "is not here: the same person never joined",
  close: "Close",
  card: {
    stage: "Role",
    topic: "Cares about",
    need: "Open need",
    written: "Has written",
    helped: "Needs of others solved",
    passion: "Passion (usual: around 0)",
    trust: "Trust in the company (0 to 1)",
    belonging: "Belonging (0 to 1)",
    closest: "Closest ties (0 to 1)",
    given: "Last help given",
    taken: "Last help received",
    none: "none yet",
    yes: "yes",
    no: "no",
    times: (n: number) => (n === 1 ? "once" : `${n} times`),
    on: (key: number, day: number, given: boolean) => `${given ? "to" : "from"} ${who(key)}, week ${Math.floor(day / 7)}`,
    topicName: (n: number) => `topic ${n}`,
  },
  more: "More",
  moreTitle: "Settings, files and links",
  compare: "30 runs",
  compareTitle: "The same with other luck",
  compareHint: (n: number) => `Is it luck? Both communities with ${n} seeds, the same for both; the first is the run above.`,
  cancel: "Cancel",
  what: "What did it?",
  whatHint: "Each kind of work is taken out in turn, its hours given to the rest, on both sides: what happens to the lead?",
  whatTitle: "Each kind of work taken out in turn",
  whatOf: "The lead in",
  whatNoLead: (a: number, b: number) => `There is no lead to explain: A is ahead in ${a} of ${a + b} pairs, B in ${b}.`,
  whatSame: "There is no lead to explain: both are the same.",
  whatFound: (name: Name, n: number, causes: string[]) =>
    `${name} is ahead in all ${n} pairs. More than half of its lead goes, in every pair, with: ${causes.join("; ")}.`,
  whatNothing: (name: Name, n: number) =>
    `${name} is ahead in all ${n} pairs, and no kind of work carries the lead alone: take out any one, and in some pair at least half of the lead stays.`,
  whatCaption: (n: number) =>
    `Share of the lead that goes with each kind of work: the bar is the middle of ${n} pairs, the line all of them. Past the left edge: without it, the lead is larger.`,
  whatGone: (middle: number, low: number, high: number) => `${percent(middle)} goes (${percent(low)} to ${percent(high)})`,
  running: (done: number, whole: number) => (done ? `${done} of ${whole} runs` : "Starting worker processes"),
  cancelled: "Stopped. Nothing was kept.",
  spreadCaption: (n: number) => 
    `At the end, over ${n} paired seeds: median, and in brackets where 80\u00a0% of the seeds lie (in the charts: fine lines and bands). Bold: in at least 90\u00a0% of the seeds`,
  wins: (name: string) => `${name} ends higher`,
  stale: "These runs are of an earlier setting.",
  lessons: "Lessons",
  sandbox: "Sandbox",
  from: "Strategy",
  world2: "World",
  ownWorld: "of your file",
  worldsApart: (a: string, b: string) => `A: ${a}; B: ${b}`,
  dropped: (sides: Record<string, Record<string, unknown>>) =>
    `This choice drops what was set before. ${Object.entries(sides)
      .filter(([, values]) => Object.keys(values).length)
      .map(([name, values]) => `${name}: ${Object.entries(values).slice(0, 5).map(([key, value]) => set(key, value)).join(", ")}${Object.keys(values).length > 5 ? `, and ${Object.keys(values).length - 5} more` : ""}.`)
      .join(" ")}`,
  activities: {
    welcome: "welcoming newcomers",
    connect: "introducing members",
    host: "gatherings",
    answer: "answering questions",
    moderate: "moderating",
    recognise: "thanking in public",
    listen: "listening",
    publish: "publishing",
    amplify: "passing stories on",
    respond: "responding to comments",
    prompt: "asking members to post",
    act: "acting on what was heard",
  } as Record<string, string>,
  plan: {
    button: "Plans",
    title: "Plans",
    about: "How should the team spend its week? Make two to six plans. When you give an activity more hours, the others give them up in proportion, so that every plan comes to the same budget.",
    hours: (hours: number) => hour(hours),
    named: (n: number) => `Plan ${n}`,
    name: "Name",
    style: "Team and style as in",
    activity: "Work",
    weekly: "Hours a week",
    hold: "Keep",
    hoursOf: (label: string, plan: string) => `${plan}: hours on ${label}`,
    holdOf: (label: string, plan: string) => `${plan}: keep the hours on ${label} as they are`,
    sum: "All together",
    add: "Add a plan",
    remove: (name: string) => `Remove ${name}`,
    run: "Compare in 30 runs",
    where: (members: number, weeks: number) => `${number(members)} members, ${weeks} weeks, as set under More.`,
    unequal: (name: string) => `Give ${name} a budget of its own`,
    own: "Budget of its own, hours a week",
    equal: "The same budget again",
    unequalTold: (name: string, own: number, usual: number) => `Unequal: ${name} has ${hour(own)} a week, and the usual budget is ${hour(usual)}. A lead may come from that.`,
    replaced: (name: string, scenario: string) => `The hours of ${name} that you had set are replaced by those of ${named(scenario)}.`,
    scaled: (before: number, now: number) => `The team of this world has ${hour(now)} a week, not ${hour(before)}: the hours of every plan are scaled to that.`,
    ownDropped: (names: string[]) => `The own budget of ${names.join(" and ")} is dropped with the old world.`,
    taken: (name: string) => (name ? `There is a plan called ${name} already.` : "A plan needs a name."),
    differTitle: "What the plans differ in",
    differ: (name: string, first: string, found: { key: string; A: unknown; B: unknown; about: string; unit: string }[]) => {
      const work = found.filter(({ key }) => key.startsWith("strategy.hours.")).map(({ key, A, B }) => {
        const more = (B as number) - (A as number);
        return `${hour(Math.abs(more))} ${more > 0 ? "more" : "less"} on ${say.activities[key.slice(15)] ?? key.slice(15)}`;
      });
      const style = found
        .filter(({ key }) => !key.startsWith("strategy.hours.") && key !== "budget.hours_per_week") // a budget of its own is told apart
        .map(({ A, B, about, unit }) => (A === null ? about : `${about}: ${told(B, unit)}, not ${told(A, unit)}`));
      if (!work.length && !style.length) return `${name} is the same as ${first}.`;
      return `${name}, compared with ${first}: ${work.length ? work.join(", ") : "the same hours"}.${style.length ? ` Style: ${style.join("; ")}.` : ""}`;
    },
    asSide: (name: Name) => `Plan shown as ${name}`,
    look: "See these two side by side",
    ranking: (n: number) => `Plans, best first by the median of ${n} seeds: does the order change with the measure?`,
  },
  yours: (name: string) => `your file: ${name}`,
  differs: "What differs (A, then B)",
  differsHours: (of: string, a: number, b: number) => `${of} ${hour(a)}, ${hour(b)}`,
  differsValue: (about: string, unit: string, a: unknown, b: unknown) => `${about}: ${told(a, unit)}, ${told(b, unit)}`,
  movesDropped: (n: number) => `Both start again, and ${n === 1 ? "the change" : `the ${n} changes`} made during the run ${n === 1 ? "is" : "are"} dropped.`,
  differsMore: (n: number) => `and ${n} more`,
  unused: (hours: number) => `${hour(hours)} paid and unused`,
  members: "Members at the start",
  seed: "Seed (the luck)",
  weeks: "Weeks",
  find: "Find a setting",
  side: "Community",
  both: "both",
  range: (low: unknown, high: unknown) => `range ${low} to ${high}`,
  oneOf: (range: unknown[]) => `of ${range.join(", ")}`,
  source: (of: string) => `source: ${of}`,
  apart: (a: string, b: string) => `now A ${a}, B ${b}: a change here sets both`,
  again: "laid down on day 0: changing it starts both again",
  restarted: "That is laid down on day 0, so both communities start again.",
  share: "Copy a link to this run",
  shared: "The link is copied. Whoever opens it in a studio sees this run.",
  link: "Link",
  sharedAlone: "The link is copied. It holds no address, for only this machine reaches the studio: whoever gets it pastes it under More in a studio of their own.",
  paste: "Paste a link to a run",
  pasteHint: "Its run opens here, at the same week.",
  open: "Open",
  badLink: "That is no link to a run, or a part of it is missing: copy it once more, as a whole.",
  csv: "All measures (CSV)",
  json: "State and numbers (JSON)",
  png: "Picture (PNG)",
  page: "Save as one web page",
  scenarioFile: (name: Name) => `Scenario file of ${name}`,
  up: (name: Name) => `Load a file into ${name}`,
  command: "On the command line",
  commandHint: "Save the scenario files above first, where the line names them; the first seed is the run you see.",
  replayHint: "Save the JSON above first: it holds every move, and on which day.",
  copy: "Copy",
  waiting: "Getting ready. The first time on a machine the model is compiled, which takes a minute or two.",
  lost: "The connection to the studio is lost. Trying again; the run will be as it was.",
  idle: "This tab was silent for long and was let go. Reload the page to go on.",
  full: (most: number) => `${most} tabs are open, the most that are served. Close one and reload, or start the studio with more: --tabs.`,
  recorded: "A recorded run: it plays without a server. Sliders show what was set and cannot be moved.",
  keptPage:
    "A page to keep: lessons, worlds and sliders work without a network. All runs were made beforehand: a slider has five places, and each shows a run that was so from its start. Other settings need the studio.",
  keep: "Save a page to keep: all lessons, sliders, worlds",
  keeping: "The page is being made. The first time takes about half a minute.",
  theEnd: (weeks: number) => (weeks === 52 ? "After a year" : `After ${weeks} weeks`),
  caution: (live: boolean) => `That is one run of a model, with assumed numbers in it${live ? ": press 30 runs for the spread" : ""}.`,
  keys: (live: boolean) => `Keys: Space plays, S steps, R resets${live ? ", 1 to 6 open lessons" : ""}, arrow keys in a picture walk along ties.`,
  controls: "Play, step, reset",
  ranking: "Plans by measure",
  rankingCaption: (n: number) =>
    `Plans, named by the share of hours on members, best first by the median of ${n} seeds: does the order change?`,
  emptyFile: (name: string) => `${name} is empty: there is no scenario in it.`,
  notText: (name: string) => `${name} is not text in UTF-8, as a scenario file is; save it as UTF-8, or choose another file.`,
  tooLarge: (name: string) => `${name} is too large for a scenario (at most 40,000 bytes); is it another kind of file?`,
  files: "Files and links",
  copied: "Copied.",
  world: "People and luck",
  worldHint: "Changing one of these starts both communities again. Of more than 600 members, 600 are drawn; all are run.",
  settings: "Every setting",
  settingsHint: "A change acts on the running model from the next day on, and is kept within its range.",
  groups: {
    team: "Roles: who wears which hats",
    norms: "Norms",
    channels: "Channels",
    strategy: "Strategy: hours and style",
    activities: "Activities: minutes, hat and channel",
  } as Record<string, string>,
  minutes: (n: number) => `${n} min`,
  lessonLabel: (number: number, title: string) => `Lesson ${number}: ${title}`,
  notes: "Teacher notes, to print",
  leave: "Leave the lesson",
  beats: { claim: "Claim", bet: "Bet", run: "Run", closer: "Look closer", false: "When it is false" },
  tried: "Tried in the model with this setting, seed by seed:",
  triedThere: "Tried where it should fail:",
  held: (share: number, seeds: number) => `held in ${Math.round(share * seeds)} of ${seeds} pairs of runs`,
  trial: (words: string, { pairs, gone, left }: Trial) => {
    const rest = left <= 0.02 ? "nothing" : left >= 0.98 ? "all" : percent(left);
    return gone > pairs / 2
      ? `${words}: more than half of the lead is gone in ${gone} of ${pairs} pairs; in the middle one ${rest} of it is left.`
      : `${words}: in the middle pair ${rest} of the lead is left; more than half is gone in ${gone} of ${pairs} pairs.`;
  },
  trialRule: "What is taken away is taken away on both sides, and its hours go to the rest of the work.",
  settled: (right: boolean, label: string, a: string, b: string, ended: "A" | "B" | "neither") =>
    `${right ? "You bet right" : "You bet otherwise"}: in this run ${ended === "neither" ? "the two end close together" : `${ended} ends ahead`} in ${label}, ${a} in A and ${b} in B.`,
  unsettled: "Play to the end: then the bet is settled.",
  untried: "not tried yet",
  rank: (n: number) => `Rank ${["no", "one", "two", "three", "four", "five"][n] ?? n} plans`,
  tryFailing: "Go to the setting in which it fails",
  back: "Back to the lesson's setting",
  next: "Next",
  nextLesson: "Next lesson",
  loop: [
    ["Community", 1],
    ["gatherings", 2],
    ["thanks", 3],
    ["solutions", 4],
    ["norms", 5],
    ["insight and change", 6],
  ] as [string, number][],
  classPage: "Class",
  room: {
    title: "Hearthside class",
    line: "Everybody bets first. Then each lives the same two communities with luck of their own.",
    learnerLine: "Two communities, a question, your bet.",
    toStudio: "To the studio",
    connecting: "Connecting.",
    noKey: "This page is for the teacher. Open it with the link that the terminal shows, where the studio was started.",
    beginTitle: "Hold a class",
    begin:
      "Learners join with a code on their own phones or computers. You choose a lesson, all of them bet, and you close the bets. " +
      "Then everybody's communities run at the same time, and this screen shows all of them together.",
    kept: (folder: string) => `The class is kept in ${folder}: the code, numbers and bets, no names. Nothing leaves this machine but what the learners' screens show.`,
    places: (most: number) => `There are places for ${most}; start the studio with --learners to change that.`,
    open: "Open a class",
    door: "How to join",
    goTo: "Go to",
    code: "and type the code",
    qr: "The same as a QR code: scan it to join",
    alone: "Only this machine can reach the studio now: try it in another window. So that others can join, stop it and start it with hearth studio --host 0.0.0.0",
    here: (here: number, most: number) => `${here} of at most ${most} ${here === 1 ? "is" : "are"} here.`,
    chooseTitle: "Choose a lesson",
    choose: "Learners see its question at once, and bet.",
    made: (made: number, seats: number) => `${made} of ${seats} have bet. Who bets on what is shown when the bets are closed.`,
    close: "Close the bets and play",
    goOn: "Go on",
    another: "Choose another lesson",
    again: "The lesson's own setting again",
    tryFailing: "Bet again where it should fail",
    failing: (title: string) => `${title}: where it should fail`,
    lived: (lived: number, seats: number) => `(${lived} of ${seats} worlds have come this far)`,
    weeks: "Weeks lived",
    weekOf: (week: number) => `week ${week}`,
    lines: (worlds: number) => `fine lines: the ${worlds} worlds of the class; thick lines: the middle of them`,
    linesLabel: (label: string, worlds: number, a: string, b: string) =>
      `${label}, week by week${worlds > 1 ? `, in ${worlds} worlds; in the middle` : ";"} A ${a}, B ${b}.`,
    inTheMiddle: "in the middle world",
    neither: "the two end close together",
    ended: (label: string, worlds: number, ends: [string, number][]) =>
      `${label} at the end, in ${worlds} ${worlds === 1 ? "world" : "worlds"}: ${ends
        .map(([ahead, n]) => (ahead === say.room.neither ? `${ahead} in ${n}` : `${ahead} is ahead in ${n}`))
        .join("; ")}.`,
    right: (right: number, of: number) => (of === 0 ? "Nobody has bet." : `${right} of ${of} bets were right in the world of who bet.`),
    watch: (run: string) => run.replace(/^Press Play\. /, ""),
    caution: (worlds: number) => `These are ${worlds} runs of a model, with assumed numbers in it.`,
    betsTitle: (made: number, seats: number) => `What was bet, by ${made} of ${seats}`,
    end: "End the class and delete what was kept",
    sure: "All learners are let go, and the code, places and bets are deleted. This cannot be undone.",
    yes: "Yes, end and delete",
    no: "No, go on",
    askCode: "The code on your teacher's screen",
    join: "Join",
    noName: "No name, no account. This browser remembers your place in the class, and nothing else.",
    you: (n: number, here: number) => `You are number ${n}. ${here === 1 ? "Nobody else is here yet." : `${here} are here.`}`,
    lost: "The connection is lost. Trying again; your place and your bet are kept.",
    wait: "You are in. Wait for the question.",
    betIn: "Your bet is in. You can change it until the bets are closed.",
    betOut: "Choose one. The others do not see it.",
    yourBet: (text: string) => `Your bet: ${text}.`,
    noBet: "You have no bet in this one. Your communities run along all the same.",
    still: "Your teacher has paused.",
    making: "Your communities are being made.",
    mine: (right: boolean | null, label: string, a: string, b: string, ended: Name | "neither") =>
      `${right === null ? "You did not bet" : right ? "You bet right" : "You bet otherwise"}: in your world ${
        ended === "neither" ? "the two end close together" : `${ended} ends ahead`
      } in ${label}, ${a} in A and ${b} in B.`,
    sentence: (text: string) => `${text[0].toUpperCase()}${text.slice(1)}.`,
    endings: {
      over: "The class has ended, and what was kept of it is deleted.",
      other: "You have opened the class in another window. This one is no longer needed.",
      busy: "Very many are joining at this moment. Try again in a few seconds.",
      rude: "This browser sent too much at once and was let go. Reload the page.",
    } as Record<string, string>,
  },
  chooseLesson: "5 to 8 minutes each: a claim, a bet, a run, a closer look, and when it is false.",
};

interface Ends {
  a: number;
  b: number;
}

/** Who is ahead of whom, and by how much: "6 times", "12 % more", or not to be said where the other has nothing. */
function ahead({ a, b }: Ends): { more: Name; other: Name; by: string | null; share: boolean } | null {
  if (a === b) return null;
  const [more, other, high, low]: [Name, Name, number, number] = a > b ? ["A", "B", a, b] : ["B", "A", b, a];
  const times = high / low;
  if (low <= 0) return { more, other, by: null, share: false };
  if (times >= 2) return { more, other, by: `${number(Math.round(times * 10) / 10)} times`, share: false };
  return { more, other, by: `${Math.max(1, Math.round(100 * (times - 1)))}\u00a0% more`, share: true };
}

/** "A has 6 times the intimacy of B", in words that stand up to any two numbers. */
function against(verb: string, what: string, ends: Ends): string {
  const found = ahead(ends);
  if (!found) return `${what}: the same in both`;
  const { more, other, by, share } = found;
  if (!by) return `${more} leads in ${what}, ${number(Math.max(ends.a, ends.b))} against ${number(Math.min(ends.a, ends.b))}`;
  return share ? `${more} ${verb} ${by} ${what} than ${other}` : `${more} ${verb} ${by} the ${what} of ${other}`;
}

/** What follows on an average: how it stands at the end, where a community may have all but gone. */
function atTheEnd(before: Ends, ends: Ends): string {
  const [was, now] = [ahead(before), ahead(ends)];
  if (!now) return "as much as the other at the end";
  if (now.more !== was?.more) return `but ${now.more} leads at the end`;
  return now.by ? `${now.by}${now.share ? "" : " as much"} at the end` : "and alone has any at the end";
}

/** A share of members as people count: "one in 12", or nobody. */
export const oneIn = (share: number): string => (share > 0 ? `one in ${number(Math.round(1 / share))}` : "nobody");

/** The sentence at the end, made from the numbers. */
export function sentence(weeks: number, measures: Measure[], rows: Row[]): string {
  const side = (name: Name, row: Row, key: string) => row[name === "A" ? 1 : 2][measures.findIndex((one) => one.key === key)] ?? 0;
  const [first, last] = [rows[0], rows.at(-1)!];
  const ends = (key: string): Ends => ({ a: side("A", last, key), b: side("B", last, key) });
  const mean = (name: Name) => rows.reduce((sum, row) => sum + side(name, row, "intimacy"), 0) / rows.length;
  const usual = { a: mean("A"), b: mean("B") };
  const members = ends("members");
  const solved = { a: ends("solved_members").a + ends("solved_staff").a, b: ends("solved_members").b + ends("solved_staff").b };
  const parts = [
    against("reached", "people", ends("reach")),
    `${against("had", "intimacy", usual)} on average, ${atTheEnd(usual, ends("intimacy"))}`,
    `${oneIn(ends("intimate_share").a)} in A and ${oneIn(ends("intimate_share").b)} in B has a close friend there`,
    against("has", "value to members", ends("value_members")),
    against("solved", "needs", solved),
    `members went from ${number(side("A", first, "members"))} to ${number(members.a)} in A and to ${number(members.b)} in B`,
  ];
  return `${say.theEnd(weeks)}: ${parts.join("; ")}.`;
}
