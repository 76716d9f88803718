// The picture that follows the hand. Orders are numbered: whatever comes back late is dropped, the last one wins. The
// house is told whose hand asks, and the number: what still waits there when the next one comes is never computed.
const SLOW = 350; // milliseconds: a house that takes longer is not asked while the hand still moves

class Photographer {
  // take(order) asks the house; hang(photo, order) shows what came; say(sentence) tells what went wrong
  constructor({ take, hang, say }) {
    const hand = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
    Object.assign(this, { take, hang, say, hand, sent: 0, shown: 0, underway: 0, asked: 0, roundTrip: 120, waiting: null });
  }

  // Something is still moving: a picture now and then, if the house keeps up.
  glimpse(order) {
    const pause = Math.max(110, 1.3 * this.roundTrip);
    if (this.underway || this.roundTrip > SLOW || performance.now() - this.asked < pause) return;
    this.ask(order());
  }

  // The hand has come to rest, or a stroke is done: this one must be seen. At most two are under way, then only the newest waits.
  order(order) {
    if (this.underway >= 2) this.waiting = order;
    else this.ask(order);
  }

  // Forget what is under way: it is no longer wanted, or another picture hangs already.
  recall() {
    this.shown = ++this.sent;
    this.waiting = null;
  }

  async ask(order, tries = 0) {
    const number = ++this.sent;
    this.asked = performance.now();
    this.underway++;
    const answer = await this.take({ ...order, hand: this.hand, number }).catch(() => null);
    this.underway--;
    if (!answer?.stale) this.roundTrip += 0.3 * (performance.now() - this.asked - this.roundTrip);
    if (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      this.ask(next);
    }
    if (number <= this.shown || answer?.stale) return;
    if (!answer) return this.again(order, number, tries);
    this.shown = number;
    if (answer.photo) this.hang(answer.photo, order);
    this.say(answer.sentence || "");
  }

  // No answer at all: a school network hiccups. Nothing is lost; ask again a little later.
  again(order, number, tries) {
    if (number < this.sent) return;
    this.say("The gallery does not answer just now. Nothing you made is lost.");
    if (tries < 5) setTimeout(() => number === this.sent && this.ask(order, tries + 1), 800 * 2 ** tries);
  }
}
