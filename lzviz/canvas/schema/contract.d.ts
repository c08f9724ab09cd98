// Made by python -m lzviz.contract; edit lzviz/contract instead.

/** Hold the list of boxes in the body, JSON in COCO's form or the page's own, for the classes of a checkpoint. */
export interface AddBoxes {
  page?: string;
  checkpoint?: string;
  title?: string;
}

/** Hold the checkpoint in the body: length of the card in four bytes, card, weights. */
export interface AddCheckpoint {
  page?: string;
}

/** An image read as a saliency map, bright = look here. */
export interface AddMap {
  page?: string;
}

/** Decode and hold the image in the body. */
export interface AddPicture {
  page?: string;
}

/** Hold the label map in the body, of a picture and in the classes of a checkpoint. */
export interface AddTruth {
  page?: string;
  image: string | null;
  checkpoint?: string;
}

/** Hold the array of the file in the body (.npy .npz .pt .safetensors .json .flo); pickles are refused. */
export interface AddWarp {
  page?: string;
  name: string;
}

/** Which checkpoints are there? */
export interface AskCards {
  page?: string;
  own?: string;
}

/** What is there? */
export interface AskCatalogue {
  page?: string;
}

/** The methods of a state on a picture, each at the size that spends the state's budget; ``clock``: timed in turns too. */
export interface AskCompared {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  clock?: boolean;
  before?: Record<string, Before>;
  films?: Record<string, FrameFound[]>;
}

/** What the mask of a state costs over the gallery. */
export interface AskCost {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
}

/** What is wrong with an array: one that is held (``given``), a ``specimen``, or the ``nodes`` of a warp. */
export interface AskDiagnosis {
  page?: string;
  given?: string | null;
  specimen?: string;
  nodes?: string | null;
  nodesSize?: [number, number] | null;
  name?: string;
  source: [number, number];
  zoomed?: [number, number] | null;
  use?: "grid" | "flow" | "remap" | "deform" | "attention" | "saliency" | "points" | "clip" | null;
  element?: number | null;
  direction?: "forward" | "inverse" | null;
  alignCorners?: boolean;
  stride?: number | null;
  boxes?: [number, number, number, number][];
  labels?: string | null;
  boxed?: string | null;
  gradient?: string | null;
  applied?: string[];
  mend?: boolean;
}

/** Which elements of a batch or clip are ill, each by itself? */
export interface AskElements {
  page?: string;
  given?: string | null;
  specimen?: string;
  nodes?: string | null;
  nodesSize?: [number, number] | null;
  name?: string;
  source: [number, number];
  zoomed?: [number, number] | null;
  use?: "grid" | "flow" | "remap" | "deform" | "attention" | "saliency" | "points" | "clip" | null;
  element?: number | null;
  direction?: "forward" | "inverse" | null;
  alignCorners?: boolean;
  stride?: number | null;
  boxes?: [number, number, number, number][];
  labels?: string | null;
  boxed?: string | null;
  gradient?: string | null;
  applied?: string[];
  mend?: boolean;
}

/** What the three networks take on the cells of a state; asked for at leisure, never beside a stroke. */
export interface AskFeatureTimes {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** Run the networks on the cells of a state. */
export interface AskFeatures {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** The average precision of answers on frames that are drawn with their boxes. */
export interface AskFilmScore {
  page?: string;
  checkpoint: string;
  answers: Before[];
  waiting: FrameScored[];
  streamed?: FrameScored[];
  judged?: FrameScored[];
}

/** Key points of a picture. */
export interface AskKeypoints {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
}

/** The lessons of a language, as ``lzviz.lessons`` built them; in English where there are none. */
export interface AskLessons {
  page?: string;
  language: string;
}

/** The mask of a state before the brush. */
export interface AskMask {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** The level of a picture that a page shows, or its thumbnail (JPEG); its true size goes along. */
export interface AskPicture {
  page?: string;
  id: string;
  thumb?: "0" | "1";
}

/** A checkpoint on a picture; ``only`` "warp": without the network, for a map that is being drawn. */
export interface AskPipeline {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  before?: Before | null;
  only?: "warp" | null;
}

/** About the pixel whose centre is (x, y). */
export interface AskPixel {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  before?: Before | null;
  x: number;
  y: number;
}

/** What is recognised of a state on a picture. */
export interface AskRecognised {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
}

/** Which number against which cost, of what. */
export interface AskResults {
  page?: string;
  own?: string;
  split?: string;
  metric?: "miou" | "boundary" | "small" | "intrinsic" | "AP" | "AP_S" | "mAP";
  cost?: "macs" | "pixels";
  data?: string;
  systems?: string;
  sizes?: string;
  live?: string;
}

/** What a saliency source finds in a picture; a page makes the other maps by itself. */
export interface AskSaliency {
  page?: string;
  image: string | null;
  kind: string;
  options?: Record<string, any>;
}

/** Segment the picture on the cells of a state, by the trained network. */
export interface AskSegmented {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** How stiff the grid of ES should be for each class of the picture; the width of the copy is the state's. */
export interface AskSmoothness {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** Which faults are there to look at? */
export interface AskSpecimens {
  page?: string;
}

/** Features of the stage and channel that the state names. */
export interface AskStage {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  before?: Before | null;
}

/** All numbers as a CSV file. */
export interface AskTable {
  page?: string;
  own?: string;
}

/** The terms of a language, and what can be read along in it; in English where there are none. */
export interface AskTerms {
  page?: string;
  language: string;
}

/** Time the stages properly. */
export interface AskTimes {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  before?: Before | null;
}

/** How a checkpoint's places moved while it was trained. */
export interface AskTraining {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
}

/** What the warp of a state takes; asked for at leisure, never beside a stroke. */
export interface AskWarpTimes {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
}

/** Differences from the strided network at coarse locations: largest and relative, as fixed and as published. */
export interface Badge {
  max: number;
  relative: number;
  published: number;
  publishedRelative: number;
  exact: boolean;
  outside: string[];
}

/** What was found in a frame: ``boxes`` in pixel edges of the picture, with a score and a class each. */
export interface Before {
  boxes: [number, number, number, number][];
  scores: number[];
  classes: number[];
}

/** A size in pixels or cells. */
export interface Box {
  w: number;
  h: number;
}

export interface BoxClass {
  name: string;
  colour: string;
}

/** What was found. */
export interface BoxFound {
  box: [number, number, number, number];
  zoomed: [number, number, number, number];
  class: number;
  magnification: number | null;
  size: "small" | "medium" | "large";
  solid?: InSpace | null;
  score: number;
  level: number;
  verdict?: "right" | "placed" | "class" | "twice" | "false" | "ignored" | null;
  truth?: number | null;
  overlap?: number | null;
}

/** What became of a box: ``truth`` is the row of the true box that it is about, which it overlaps so much. */
export interface BoxJudged {
  verdict: "right" | "placed" | "class" | "twice" | "false" | "ignored";
  truth: number | null;
  overlap: number | null;
}

/** A metric of this picture, by its name: ``None`` where nothing counts. */
export interface BoxScore {
  name: string;
  value: number | null;
}

/** A true box of a frame, in pixel edges of its picture; ``ignored``: it counts neither as found nor as missed. */
export interface BoxThere {
  box: [number, number, number, number];
  class: number;
  size: "small" | "medium" | "large";
  ignored: boolean;
}

/** What is true; ``ignored``: it counts neither as found nor as missed. */
export interface BoxTrue {
  box: [number, number, number, number];
  zoomed: [number, number, number, number];
  class: number;
  magnification: number | null;
  size: "small" | "medium" | "large";
  solid?: InSpace | null;
  ignored: boolean;
}

/** A card in words in reading order; ``said`` is the name that it gives itself. */
export interface CardView {
  name: string;
  said: string;
  title: string;
  group: Text;
  shape: "circle" | "square" | "diamond" | "triangle-up" | "hexagon";
  colour: [string, string];
  system: string;
  about: Text | string;
  data: string;
  size: string;
  own: boolean;
  headline: Headline | null;
  metrics: Measures;
  facts: ([Text, Text | string])[];
  recipe: [string, string][];
  seeds: Seeds | null;
  python: string;
  notes: string;
}

/** Every card; ``empty``: what to say and type where there is none; ``forgotten``: own ones that are not held any more. */
export interface Cards {
  cards: CardView[];
  empty: [Text, string];
  forgotten: string[];
}

/** Everything that a page may choose from. */
export interface Catalogue {
  version: string;
  languages: string[];
  device: string;
  samplers: SamplerLine[];
  sources: SourceLine[];
  pictures: PictureLine[];
  checkpoints: CheckpointLine[];
  checkpointDefault: string;
  classColours: Record<string, string>;
  fixed: Fixed;
  limits: Limits;
}

/** A trained checkpoint of the menu. */
export interface CheckpointLine {
  name: string;
  title: string;
  system: string;
  task: string;
  systemTitle: string;
  mode: string;
  trained: boolean;
  size: [number, number] | null;
  data: string;
  licence: string;
  classes: string[];
  metrics: Record<string, any>;
  seeds: any[];
  seed: number | null;
  steps: number;
  date: string;
  macs: number | null;
  parameters: number | null;
  notes: string;
  adjusts: string[];
  lambda: boolean;
  snapshots: boolean;
}

/** Which number is shown. */
export interface Chosen {
  split: string;
  metric: string;
  cost: string;
}

/** A class of labels: what it is called and drawn in; share: of the labelled picture, where that is known. */
export interface ClassLine {
  name: string;
  colour: string;
  share?: number | null;
}

/** A class of the trained network and its colour. */
export interface ClassOf {
  name: string;
  colour: string;
}

export interface ClassScore {
  name: string;
  iou: number | null;
  truth: number;
  predicted: number;
}

export interface ClassShare {
  name: string;
  colour: string;
  share: number;
}

/** A heading, and whether numbers stand below it. */
export interface Column {
  label: Text;
  number: boolean;
}

/** The table. */
export interface Compared {
  rows: ComparedRow[];
  best: Record<string, number[]>;
  csv: string;
  latex: string;
  markdown: string;
  device: string;
  size: [number, number];
  truth: string | null;
  classes: ClassLine[];
}

/** What a method does with the budget; null: not comparable, or not asked for. Shares are in [0, 1]. */
export interface ComparedRow {
  name: string;
  title: string;
  size: [number, number] | null;
  samples: number | null;
  region: number | null;
  classes: Record<string, number>;
  density: Record<string, number>;
  intrinsic: number | null;
  score: number | null;
  metric: string;
  ious: Record<string, number>;
  ap: number | null;
  filmAp: number | null;
  folds: number | null;
  outOfRange: number | null;
  unseen: number | null;
  step: number | null;
  roundTrip: number | null;
  macs: number | null;
  p50: number | null;
  p95: number | null;
  noisy: boolean;
  floor: number | null;
  note: Text | null;
  labels: string | null;
  error: string | null;
  perfect: boolean;
  lines: ClassLine[];
  found: Found | null;
  looked: "before" | "twice" | "own" | null;
  follows: boolean;
  levels: Levels | null;
  nodes: string | null;
  nodesSize: [number, number] | null;
}

/** The exact answer to a state on a picture. */
export interface Compute {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
}

/** Everything that Python has to say about a state on a picture. */
export interface Computed {
  /** bytes as base64 */
  nodes: string;
  nodesSize: [number, number];
  tolerance: number;
  folds: number;
  tiles: number;
  samples: number;
  roundTrip: RoundTrip | null;
  coverage: number;
  share: number | null;
  area: number | null;
  zoomRange: [number, number] | null;
  sentence: Text;
  image: string | null;
}

/** What a learned resizer adds, PNG with 0 in the middle of the bytes; its largest and mean square. */
export interface Correction {
  /** bytes as base64 */
  image: string;
  range: number;
  rms: number;
}

/** What a mask costs over the gallery. */
export interface Cost {
  rows: CostRow[];
  active: Spread;
  macs: Spread;
  share: Spread;
}

/** What a mask keeps and costs on one picture. */
export interface CostRow {
  id: string;
  title: string;
  active: number;
  macs: number;
  dilated: number;
  strided: number;
  share: number;
}

/** Matches of one output stride or triplet, or of a control of its mask: multiply-adds, accuracy by threshold, rows (first, */
export interface Curve {
  stride: number | null;
  triplet: number[] | null;
  control: "random" | "inverse" | null;
  macs: number;
  mma: number[];
  pairs: [number, number, number][];
}

/** What is wrong with an array, where, and what mends it. */
export interface Diagnosed {
  id: string;
  name: string;
  elements: number;
  kind: "grid" | "saliency" | "points";
  shape: number[];
  dtype: string;
  taken: Text | string;
  sure: number | null;
  well: boolean;
  findings: FindingTold[];
  grid: Lattice | null;
  applied: string[];
  keep: string | null;
  zoomed: [number, number] | null;
  sentence: Text;
  beside: ("labels" | "boxes" | "gradient")[];
  downhill: Downhill | null;
}

/** A gradient as it is drawn. */
export interface Downhill {
  arrows: string | null;
  values: string | null;
  size: [number, number] | null;
  most: number;
}

/** A mark: cost, percent, its smallest and largest over the seeds, and facts, the title first. No name: a paper's number. */
export interface DrawnMark {
  name: string | null;
  x: number;
  y: number;
  low: number;
  high: number;
  system: string;
  shape: "circle" | "square" | "diamond" | "triangle-up" | "hexagon";
  live: boolean;
  lines: (Text | string)[];
}

/** What is worst in one element of a batch; ``check``: "" where nothing is to mend. */
export interface ElementTold {
  element: number;
  verdict: "ok" | "warning" | "fault";
  check: string;
}

/** The elements of a batch or clip, worst first; ``count``: how many it has, of which these were looked at. */
export interface Elements {
  count: number;
  elements: ElementTold[];
}

/** A file to keep: what, in which format; ``before``: what was found in the frame before, where it says where to look. */
export interface Export {
  page?: string;
  seq?: number;
  state: State;
  image?: string | null;
  file?: string | null;
  truth?: string | null;
  what: string;
  format: string;
  before?: Before | null;
}

export interface FeatureStage {
  name: string;
  title: string;
  channels: number;
  h: number;
  w: number;
}

/** Features of the three networks in the same colours, what they cost, and the proof. */
export interface Features {
  image: Image;
  grid: Grid;
  network: string;
  /** bytes as base64 */
  levels: string;
  rows: number[];
  active: number;
  macs: Record<string, number>;
  maps: Record<string, string>;
  channel: number | null;
  channels: number;
  range: number[][];
  badge: Badge;
  likely: Record<string, Likely[]> | null;
  weights: Text;
  sentence: Text;
}

/** One stage's features, of the zoomed image and brought back, in the same colours. */
export interface FeaturesShown {
  stage: string;
  channels: number;
  channel: number | null;
  range: number[][];
  zoomed: Raster | null;
  unzoomed: Raster;
  stages: FeatureStage[];
  sentence: Text;
}

/** Hold a checkpoint of the Hugging Face Hub. */
export interface FetchCheckpoint {
  page?: string;
  id: any;
}

/** ``waiting``: each frame with its own answer; ``streamed``: with what was there when it came; ``None``: truth is not known. */
export interface FilmScore {
  waiting: Precision | null;
  streamed: Precision | null;
  judged?: (FrameJudged | null)[];
}

/** What one check says. */
export interface FindingTold {
  check: string;
  verdict: "ok" | "note" | "warning" | "fault";
  value: Text | string;
  tolerance: Text | string;
  place: [number, number, number, number][];
  sentence: Text | string;
  fix: string;
  mends: boolean;
}

/** A saliency map that is the same for every picture, float32. */
export interface Fixed {
  h: number;
  w: number;
  /** bytes as base64 */
  data: string;
}

/** Everything that was found in a picture, the surest first. */
export interface Found {
  classes: BoxClass[];
  least: number;
  boxes: BoxFound[];
  true: BoxTrue[] | null;
  /** bytes as base64 */
  points: string;
  count: number;
  scores: BoxScore[];
  camera?: "true" | "assumed" | null;
}

/** What was found in a frame, by the id of its picture. */
export interface FrameFound {
  image: string | null;
  found: Before;
}

/** Boxes of an answer against what is true of another frame; ``scores``: metrics of that frame alone. */
export interface FrameJudged {
  boxes: BoxJudged[];
  true: BoxThere[];
  scores: BoxScore[];
}

/** A frame, and the place of the answer that it is scored with; ``None``: none was there yet. */
export interface FrameScored {
  image: string | null;
  answer: number | null;
  truth?: string | null;
  size?: [number, number] | null;
}

/** The fine grid: its cells, source pixels between them, and the deepest level. */
export interface Grid {
  h: number;
  w: number;
  stride: number;
  depth: number;
}

/** The number that stands for a checkpoint, in percent. */
export interface Headline {
  value: number;
  label: Text;
  split: Text | string;
  over: Text;
}

/** A picture that is held now: its id, true size, shown size, and what was decided while reading it. */
export interface Held {
  id: string;
  width: number;
  height: number;
  displayWidth: number;
  displayHeight: number;
  notes: Text[];
}

/** A list of boxes that is held now. What is true of the picture at a place of ``pictures`` goes by the name ``ID.PLACE``. */
export interface HeldBoxes {
  id: string;
  pictures: ListedPicture[];
  notes: Text[];
}

/** True labels that are held now: the classes that occur, and the share of the pixels that has a label. */
export interface HeldTruth {
  id: string;
  width: number;
  height: number;
  kind: string;
  classes: string[];
  labelled: number;
  notes: Text[];
}

/** An array that is held now: its id, and what was read of its file. */
export interface HeldWarp {
  id: string;
  name: string;
  shape: number[];
  dtype: string;
  use: "grid" | "flow" | "remap" | "deform" | "attention" | "saliency" | "points" | "clip" | null;
}

/** Size of the picture as the network reads it. */
export interface Image {
  h: number;
  w: number;
}

/** A box in space. */
export interface InSpace {
  centre: [number, number, number];
  size: [number, number, number];
  yaw: number;
  wire: [number, number, number, number][];
  ground: [number, number][];
  apart?: number | null;
}

/** Key points of a picture and of a known view of it, and how well each output stride matches them. */
export interface Keypoints {
  image: Image;
  grid: Grid;
  points: number[][];
  warpedPoints: number[][];
  homography: number[][];
  /** bytes as base64 */
  warped: string;
  triplet: number[];
  /** bytes as base64 */
  levels: string;
  thresholds: number[];
  curves: Curve[];
  matches: number[][];
  correct: number;
  device: string;
  weights: Text;
  sentence: Text;
}

export interface Known {
  name: string;
  index: number;
  probability?: number | null;
}

/** A grid for the page: (h, w, 2) float64 in [-1, 1], x before y; ``whole``: (h, w) that it was thinned from; ``tolerance``: how */
export interface Lattice {
  /** bytes as base64 */
  nodes: string;
  nodesSize: [number, number];
  whole: [number, number];
  tolerance: number;
}

/** (h, w) bytes, 0 = kept. */
export interface Levels {
  w: number;
  h: number;
  stride: number;
  /** bytes as base64 */
  data: string;
}

/** A class and how sure the network is of it, in [0, 1]. */
export interface Likely {
  name: string;
  share: number;
}

/** How much is accepted: pixels of a picture, bytes of files, cells of a map, boxes. */
export interface Limits {
  pixels: number;
  uploadBytes: number;
  mapBytes: number;
  truthBytes: number;
  checkpointBytes: number;
  displaySide: number;
  lattice: number;
  boxes: number;
}

/** A picture of a list of boxes: its file, the number of its frame and its size where they are said, how many boxes it has. */
export interface ListedPicture {
  file: string;
  frame: number | null;
  width: number | null;
  height: number | null;
  boxes: number;
}

/** A checkpoint that is held now. */
export interface Loaded {
  checkpoint: CheckpointLine;
}

/** A map on the lattice of painted maps, (h, w) bytes. */
export interface MapAnswer {
  h: number;
  w: number;
  /** bytes as base64 */
  data: string;
}

/** (h, w) float32. */
export interface MapShown {
  w: number;
  h: number;
  /** bytes as base64 */
  data: string;
  low: number;
  high: number;
  title: Text;
}

/** What a browser needs to move thresholds and brush by itself: strengths of the rings (float32), or levels (bytes). */
export interface MaskAnswer {
  image: Image;
  grid: Grid;
  mask: string;
  network: string;
  strength?: string[] | null;
  levels?: string | null;
  macs: MaskCost;
}

/** Multiply-adds: a fixed part, that of a row at each level, and the totals of both stock networks. */
export interface MaskCost {
  fixed: number;
  perRow: number[];
  dilated: number;
  strided: number;
}

/** A number in percent, and the least and greatest of the seeds; null: not measured. */
export interface MeasureCell {
  value: number | null;
  spread: [number, number] | null;
}

/** A metric, a cell a split. */
export interface MeasureRow {
  label: Text;
  cells: MeasureCell[];
}

/** What was measured. */
export interface Measures {
  columns: (Text | string)[];
  rows: MeasureRow[];
}

export interface Memory {
  bytes: number;
  kind: Text;
}

/** Nodes (h, w, 2) float32; "control" nodes, or "dense": a place a sample. ``distance``: from the predicted grid; */
export interface Mesh {
  w: number;
  h: number;
  /** bytes as base64 */
  nodes: string;
  tolerance: number;
  folds: number;
  kind: string;
  distance?: number | null;
}

/** A value and its label; a system's colours. */
export interface Offer {
  value: string;
  label: Text | string;
  colour?: [string, string] | null;
}

/** Hold a checkpoint from a folder of this machine. */
export interface OpenCheckpoint {
  page?: string;
  folder: any;
}

/** An option of a sampler or of a saliency source. */
export interface OptionLine {
  name: string;
  kind: "number" | "integer" | "size" | "boolean" | "choice" | "text";
  default: any;
  min?: number | null;
  max?: number | null;
  scale?: "linear" | "log" | null;
  unit?: string | null;
  choices?: string[] | null;
  pattern?: string | null;
  label: string;
  help: string;
  key: string | null;
  own: boolean;
}

/** Where the trained network itself would look. */
export interface OwnLook {
  saliency: MapShown | null;
  mesh: Mesh | null;
}

/** One data set. */
export interface Panel {
  data: string;
  title: Text | string;
  whose: Text;
  shapes: ShapeLine[];
  sentence: Text;
  axis: Text;
  marks: DrawnMark[];
}

/** A picture of the gallery; ``dataset``: the one that it is like, "" for none; ``checkpoint``: what opens with it; */
export interface PictureLine {
  id: string;
  title: string;
  credit: string;
  width: number;
  height: number;
  labelled: boolean;
  boxed: boolean;
  dataset: string;
  checkpoint: string;
  highlight?: Spot | null;
  start?: Spot[] | null;
  frames?: number | null;
  fps?: number | null;
}

/** What is known about one pixel of the picture. */
export interface Pixel {
  x: number;
  y: number;
  class: Known;
  top: Known[];
  truth: Known | null;
  zoomed: [number, number] | null;
  samples: Sample[];
  sentence: Text;
}

/** Where the sampler looks and what it sees; the second part needs the network and is left out of a warp alone. */
export interface Placed {
  checkpoint: string;
  title: string;
  system: string;
  task: string;
  trained: boolean;
  knows: string;
  picture: Box;
  working: Box;
  zoomed: Box;
  image: string | null;
  mesh: Mesh | null;
  levels: Levels | null;
  saliency: MapShown | null;
  target: MapShown | null;
  wantedMesh: Mesh | null;
  own: OwnLook | null;
  weights: Weights | null;
  correction: Correction | null;
  device: string;
  sentence: Text;
  sentences: Record<string, Text>;
  classes?: ClassShare[] | null;
  labels?: string | null;
  confidence?: string | null;
  prediction?: string | null;
  truth?: Truth | null;
  truthNote?: Text | null;
  found?: Found | null;
  looked?: "before" | "twice" | "own" | null;
  follows?: boolean | null;
  stages?: Stage[] | null;
  total?: Total | null;
  features?: FeatureStage[] | null;
  memory?: Memory | null;
  clock?: Text | null;
}

/** COCO's average precision over ``frames`` frames, in [0, 1]; ``None`` where nothing is to be found. */
export interface Precision {
  frames: number;
  ap: number | null;
  ap50: number | null;
  small: number | null;
  medium: number | null;
  large: number | null;
}

/** (h, w, 3) bytes. */
export interface Raster {
  w: number;
  h: number;
  /** bytes as base64 */
  image: string;
}

/** What the network says of pixels: ``size`` (h, w), the most likely classes first. */
export interface Reading {
  size: [number, number];
  likely: Likely[];
}

/** The same network on the whole picture at the size that it was trained for, and on few pixels of it. */
export interface Recognised {
  whole: Reading;
  uniform: Reading;
  warped: Reading;
  seen: [number, number];
  network: string;
  weights: string;
  milliseconds: number;
  sentence: Text;
}

/** Everything that the results show, and what can be chosen; ``forgotten``: own ones that are not held any more. */
export interface Results {
  choice: Chosen;
  splits: Offer[];
  metrics: Offer[];
  costs: Offer[];
  data: Offer[];
  sizes: Offer[];
  systems: Offer[];
  panels: Panel[];
  note: Text;
  table: Table;
  forgotten: string[];
}

/** Error of going there and back in float64, in source pixels. */
export interface RoundTrip {
  max: number;
  median: number;
}

/** A mark in words; ``name`` of its checkpoint. */
export interface Row {
  name: string | null;
  cells: (Text | string)[];
}

/** Pixel (u, v) of the zoomed image lies at (x, y) of the picture. */
export interface Sample {
  u: number;
  v: number;
  x: number;
  y: number;
  weight: number;
}

/** A sampler of the menu; ``controls`` are the keys of the state that it obeys. */
export interface SamplerLine {
  name: string;
  title: string;
  summary: string;
  paper: string;
  colour: string[];
  twin: boolean;
  options: OptionLine[];
  prescribes: Record<string, any>;
  claims: string[];
  controls: string[];
  modes: string[];
  saliency: string[];
}

/** What one seed reached, in percent; null: not measured. */
export interface SeedRow {
  seed: string;
  values: (number | null)[];
}

/** A row a seed. */
export interface Seeds {
  columns: Text[];
  rows: SeedRow[];
}

/** Labels of the strided, the adaptive and the dilated network, by these names, at the size ``image``. */
export interface Segmented {
  image: Image;
  grid: Grid;
  network: string;
  /** bytes as base64 */
  levels: string;
  rows: number[];
  active: number;
  macs: Record<string, number>;
  classes: ClassOf[];
  labels: Record<string, string>;
  errors: Record<string, string> | null;
  miou: Record<string, number | null> | null;
  agree: Record<string, number>;
  fits: boolean;
  weights: Text;
  sentence: Text;
}

/** Which sizes a shape stands for. */
export interface ShapeLine {
  shape: "circle" | "square" | "diamond" | "triangle-up" | "hexagon";
  sizes: Text;
}

/** Intrinsic IoU of each class that occurs, a row a lambda; ``size`` (h, w) is that of the sampled labels, */
export interface Smoothness {
  lambdas: number[];
  classes: string[];
  colours: string[];
  iou: number[][];
  size: [number, number];
}

/** A saliency source of the menu. */
export interface SourceLine {
  name: string;
  title: string;
  help: string;
  takes: "picture" | "paint" | "boxes" | "file" | "nothing";
  twin: boolean;
  weighs: boolean;
  options: OptionLine[];
  paper: string;
}

/** A fault that can be shown; ``mesh``: its array as places, (h, w, 2) float32, for a thumbnail. */
export interface SpecimenLine {
  name: string;
  check: string;
  sentence: Text;
  seen: string;
  /** bytes as base64 */
  mesh: string;
  meshSize: [number, number];
}

/** The specimens, in the order of the shelf. */
export interface Specimens {
  specimens: SpecimenLine[];
}

/** A place on a picture in fractions of width and height; radius in fractions of the long side. */
export interface Spot {
  x: number;
  y: number;
  r: number;
}

/** Least, mean and most. */
export interface Spread {
  min: number;
  mean: number;
  max: number;
}

export interface Stage {
  name: string;
  ms: number;
  macs: number;
  p95?: number | null;
}

/** What the page shows, and nothing else; frozen. In JSON the keys are written in camel case. */
export interface State {
  /** A picture that ships, or "own": a picture of the visitor, which a link cannot carry. */
  image?: string;
  /** Of a film of the gallery, from 0 on. */
  frame?: number;
  /** What the page is about: a warp, content-adaptive cells, a trained pipeline, or all that was trained. */
  room?: "warp" | "cad" | "pipeline" | "compare" | "doctor" | "learn" | "models";
  /** The method that decides where the samples go. */
  sampler?: string;
  /** Corrected: one consistent convention. As published: with the deviations of the public code. */
  mode?: "fixed" | "published";
  /** What says where to look. */
  saliency?: string;
  /** How many times a painted cell outweighs an unpainted one. */
  strength?: number;
  /** Full width at half maximum of the attraction kernel, in saliency cells. */
  fwhm?: number;
  /** Width of the zoomed image; its height follows from the aspect of the source. */
  width?: number;
  /** Rows x columns of control nodes. Between nodes the warp is bilinear. */
  nodes?: [number, number];
  /** x depends on columns only and y on rows only: rectangles stay rectangles. */
  separable?: boolean;
  /** Mirrors the saliency at the border, so that the whole image stays in view. */
  antiCrop?: boolean;
  /** How a sample reads the source: one pixel, four, or its whole footprint. */
  interpolation?: "nearest" | "bilinear" | "antialias";
  /** Shrinks the source before it is read: shows that zooming helps even when no detail is left to keep. */
  sourceScale?: 1 | 0.75 | 0.5 | 0.25;
  /** Exponent of the saliency map. */
  contrast?: number;
  /** Least saliency of any cell, as a share of the mean. Automatic: 0.001, only where the map has zeros. */
  floor?: number | null;
  /** What a sampler has of its own, by its name: the smoothness of ES, the form of LDS. */
  options?: Record<string, Record<string, any>>;
  /** Painted map, 0..255, corner-aligned on the image, 128 cells on the long side. */
  paint?: string | null;
  /** Painted on top of the edges of the image: above 128 adds, below removes. */
  edgePaint?: string | null;
  /** x0, y0, x1, y1 in source pixels: edges, corner-exclusive. */
  boxes?: [number, number, number, number][];
  /** What is drawn over the source. */
  layers?: { aliasing: boolean; approximation: boolean; arrows: boolean; density: boolean; folds: boolean; holes: boolean; jacobian: boolean; mesh: boolean; points: boolean; saliency: boolean };
  /** What uniform sampling with the same number of pixels shows, beside the warp. */
  compare?: "none" | "uniform" | "difference";
  /** How much the samples magnify, or what a network that knows ImageNet recognises in few pixels of the picture. */
  panel?: "magnification" | "recognition";
  /** What the pointer does on the source. */
  tool?: "pick" | "paint" | "erase" | "box" | "pan";
  /** Diameter of the brush as a fraction of the long side of the image. */
  brushSize?: number;
  /** How much of the brush fades out: 0 has a hard edge. */
  brushSoftness?: number;
  /** Output strides of kept and of downsampled cells: source pixels between neighbouring features. */
  cadLevels?: "8-16" | "8-32" | "1-8";
  /** What says which cells stay fine; the brush overrules it anywhere. */
  cadMask?: "edges" | "learned" | "oracle" | "file" | "paint" | "keypoints" | "random" | "inverse";
  /** How change is measured: the difference of a pixel's two neighbours, or the paper's Sobel, which answers 4 times as much to the same step. Switching keeps the threshold's meaning. */
  cadOperator?: "central" | "sobel";
  /** Least change of grey (0 to 1), in the unit of the edge operator: the difference of a pixel's two neighbours, or a Sobel. */
  cadThreshold?: number;
  /** Pixels across around an edge or a key point that stay fine; an even number counts as the next odd one. */
  cadDilation?: number;
  /** Chance of a block to stay fine in a random mask. */
  cadKeep?: number;
  /** From 192 on cells are forced fine, up to 64 coarse; between, the mask decides. */
  cadPaint?: string | null;
  /** The network that runs on the cells. Compact is that of the checkpoints, trained on street scenes; EfficientNet-Lite0 has ImageNet's weights. The others have random weights until you bring some. Levels 1 → 8 always run VGG16 up to conv4_3. */
  cadNetwork?: "compact" | "efficientnet" | "resnet18" | "resnet50" | "vgg16";
  /** The feature channel that is shown; -1 shows the three principal components of all as colours. */
  cadChannel?: number;
  /** Whose features stand beside the adaptive ones: the all-coarse or the all-fine network's. */
  cadBeside?: "strided" | "dilated";
  /** Labels of the trained network, feature maps of any, or descriptors at key points and how well they match. */
  cadView?: "segmentation" | "features" | "keypoints";
  /** Wrong pixels in place of labels, where the picture's labels are known. */
  cadErrors?: boolean;
  /** A trained sampler with its network, from picture to labels; auto is the first of the menu. */
  checkpoint?: string;
  /** The trained network says where to look, or a map does: what the sampler would do with an oracle. */
  learnedFrom?: "network" | "truth" | "paint" | "edges" | "file";
  /** How stiff the grid of ES is: small follows the boundaries, large stays uniform. */
  learnedLambda?: number;
  /** The stage of the network whose features are shown; auto is the deepest. */
  learnedStage?: string;
  /** The feature channel that is shown; -1 shows the three principal components of all as colours. */
  learnedChannel?: number;
  /** What is laid over the source. */
  learnedLeft?: "photo" | "saliency" | "labels" | "error" | "truth" | "features";
  /** What is shown of the zoomed image. */
  learnedRight?: "image" | "labels" | "error" | "truth" | "features" | "weights" | "correction" | "target" | "own" | "space" | "training";
  /** How much the labels cover the picture. */
  learnedOpacity?: number;
  /** Boxes of a lower score are hidden. Nothing is asked again: all are here already. */
  foundScore?: number;
  /** The moment of the training whose map is shown; -1 is its end. */
  learnedStep?: number;
  /** What the doctor looks at: a specimen by its name, or an array that the server holds by its id; auto is the first specimen. */
  examined?: string;
  /** The check whose finding is shown; auto is the worst. */
  finding?: string;
  /** The fixes that the doctor has applied, by the names of their checks, in order. */
  mended?: string[];
  /** What the doctor takes the array for; auto: it decides. */
  examinedAs?: "auto" | "grid" | "flow" | "remap" | "deform" | "attention" | "saliency" | "points";
  /** Height in pixels of the source that the warp reads; auto: the picture’s. */
  examinedHeight?: number | null;
  /** Width in pixels of the source that the warp reads; auto: the picture’s. */
  examinedWidth?: number | null;
  /** Stride in source pixels of the features that the warp reads; auto: none is said. */
  examinedStride?: number | null;
  /** The id of a label map that the doctor looks at too; auto: what the file holds. */
  besideLabels?: string;
  /** The id of an array of boxes that the doctor looks at too; auto: what the file holds. */
  besideBoxes?: string;
  /** The id of a gradient that the doctor looks at too; auto: what the file holds. */
  besideGradient?: string;
  /** Which number of the results is shown. */
  resultsMetric?: "miou" | "boundary" | "small" | "intrinsic" | "AP" | "AP_S" | "mAP";
  /** Which cost the results are drawn against. */
  resultsCost?: "macs" | "pixels";
  /** The pictures on which the results were measured. */
  resultsSplit?: string;
  /** Data, systems and sizes that the results leave out. */
  resultsOff?: string[];
  /** The part of the picture that the views show: its middle, and how far it is zoomed. */
  camera?: [number, number, number];
  /** Samplers and trained pipelines side by side, two to four. */
  compared?: string[];
  /** What all methods spend alike. Their sizes follow from it. */
  comparedEqual?: "pixels" | "macs" | "ms";
  /** Millions of multiply-adds that each method may spend, its network with it. */
  comparedMacs?: number;
  /** Milliseconds that each method may take here. */
  comparedMs?: number;
  /** What every pane shows: samples on the source, the zoomed image, the same brought back, labels, where they are wrong, or how far the picture brought back is from the source. */
  comparedView?: "points" | "deformed" | "unzoomed" | "labels" | "errors" | "difference";
  /** The lesson that is open. */
  lesson?: number;
  /** How far the lesson is: before its answer, with it, or at its question. */
  lessonStep?: "start" | "reveal" | "check";
}

/** The numbers of all panels. */
export interface Table {
  columns: Column[];
  rows: Row[];
}

export interface Text {
  key: string;
  values?: Record<string, any>;
}

/** Medians of several runs. */
export interface Times {
  stages: Stage[];
  total: Total;
  runs: number;
  warmUp: number;
  device: string;
  clock: Text;
  sentence: Text;
}

export interface Total {
  ms: number;
  macs: number;
  p95?: number | null;
}

/** Maps (T, h, w) or nodes (T, h, w, 2), float32, that a sampler had on its way. */
export interface Training {
  steps: number[];
  kind: "saliency" | "nodes";
  w: number;
  h: number;
  /** bytes as base64 */
  data: string;
  low: number;
  high: number;
  picture: string;
  sentence: Text;
}

/** How the labels compare with true ones; all maps are PNG of indices. */
export interface Truth {
  source: string;
  /** bytes as base64 */
  labels: string;
  /** bytes as base64 */
  error: string;
  zoomed: string | null;
  miou: number | null;
  accuracy: number;
  intrinsic: number | null;
  perClass: ClassScore[];
  notes: Text[];
}

/** Milliseconds of each stage or network, as ``clock`` says, on ``device``. */
export interface WarpTimes {
  milliseconds: Record<string, number>;
  clock: Text;
  device: string;
}

/** DownsizeNet's four maps as PNG. */
export interface Weights {
  w: number;
  h: number;
  maps: string[];
  titles: Text[];
  mean: number[];
}

/** Keys of the state whose value is a painted map, which travels as a text. */
export type Painted = "paint" | "edgePaint" | "cadPaint";

/** What is asked under a name, and what comes back. */
export interface Asked {
  catalogue: { question: AskCatalogue; answer: Catalogue };
  terms: { question: AskTerms; answer: Blob };
  picture: { question: AskPicture; answer: Blob };
  addPicture: { question: AddPicture; answer: Held };
  saliency: { question: AskSaliency; answer: MapAnswer };
  addMap: { question: AddMap; answer: MapAnswer };
  addTruth: { question: AddTruth; answer: HeldTruth };
  addBoxes: { question: AddBoxes; answer: HeldBoxes };
  compute: { question: Compute; answer: Computed };
  warpTimes: { question: AskWarpTimes; answer: WarpTimes };
  recognised: { question: AskRecognised; answer: Recognised };
  export: { question: Export; answer: Blob };
  cadMask: { question: AskMask; answer: MaskAnswer };
  cadFeatures: { question: AskFeatures; answer: Features };
  cadSegmented: { question: AskSegmented; answer: Segmented };
  cadTimes: { question: AskFeatureTimes; answer: WarpTimes };
  cadKeypoints: { question: AskKeypoints; answer: Keypoints };
  cadCost: { question: AskCost; answer: Cost };
  pipeline: { question: AskPipeline; answer: Placed };
  pipelineFeatures: { question: AskStage; answer: FeaturesShown };
  pipelineTimes: { question: AskTimes; answer: Times };
  pipelinePixel: { question: AskPixel; answer: Pixel };
  pipelineTraining: { question: AskTraining; answer: Training };
  filmScore: { question: AskFilmScore; answer: FilmScore };
  compared: { question: AskCompared; answer: Compared };
  cards: { question: AskCards; answer: Cards };
  results: { question: AskResults; answer: Results };
  resultsTable: { question: AskTable; answer: Blob };
  lessons: { question: AskLessons; answer: Blob };
  smoothness: { question: AskSmoothness; answer: Smoothness };
  specimens: { question: AskSpecimens; answer: Specimens };
  addWarp: { question: AddWarp; answer: HeldWarp };
  diagnose: { question: AskDiagnosis; answer: Diagnosed };
  diagnoseElements: { question: AskElements; answer: Elements };
  addCheckpoint: { question: AddCheckpoint; answer: Loaded };
  fetchCheckpoint: { question: FetchCheckpoint; answer: Loaded };
  openCheckpoint: { question: OpenCheckpoint; answer: Loaded };
}
