// What is asked for once the hand rests: only when what it shows has changed, one at a time, late answers dropped.
const PATIENCE = 900; // milliseconds until a crowded house is asked again

class Standing {
  // ask(wish) asks the house; show(answer, wish) hangs what came; say(sentence) tells what went wrong
  constructor(ask, show, say = () => {}) {
    Object.assign(this, { ask, show, say, shown: "", wish: null, asking: false });
  }

  // Something is on the wall already that this wish would bring.
  has(wish) {
    this.shown = JSON.stringify(wish);
  }

  bring(wish) {
    this.wish = wish;
    if (!this.asking && JSON.stringify(wish) !== this.shown) this.fetch();
  }

  async fetch() {
    const wish = this.wish;
    this.asking = true;
    const answer = await this.ask(wish).catch(() => ({ busy: true }));
    this.asking = false;
    if (JSON.stringify(wish) !== JSON.stringify(this.wish)) return this.bring(this.wish);
    if (answer.busy) return void setTimeout(() => this.bring(this.wish), PATIENCE);
    this.shown = JSON.stringify(wish);
    if (answer.sentence) this.say(answer.sentence);
    else this.show(answer, wish);
  }
}
