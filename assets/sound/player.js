// A film and a sound of its own, in step. The picture is a muted <video>; the sound is a buffer of the page's, so that
// another one can take over while the film goes on, within a few milliseconds and without a click.
const RATE = 44100;
const FADE = 0.03; // seconds from one sound to the next
const DRIFT = 0.045; // seconds that picture and sound may be apart

class Player {
  // moved(seconds): the place changed; turned(playing): it began or stopped
  constructor(video, { moved = () => {}, turned = () => {} } = {}) {
    Object.assign(this, { video, moved, turned, sound: null, source: null, seconds: 0, wanted: false, loop: true, aim: null });
    video.addEventListener("playing", () => { this.voice(); this.turned(true); this.follow(); });
    for (const halt of ["pause", "waiting", "seeking"]) video.addEventListener(halt, () => this.hush());
    video.addEventListener("pause", () => this.turned(false));
    video.addEventListener("seeked", () => { if (!video.paused) this.voice(); this.moved(this.place); });
    video.addEventListener("ended", () => this.atEnd());
  }

  get playing() { return this.wanted && !this.video.paused; }
  get place() { return Math.min(this.aim ?? this.video.currentTime, this.seconds || Infinity); }

  // Another sound, an AudioBuffer: taken at the place where the film is.
  take(sound) {
    this.sound = sound;
    if (this.playing) this.voice();
  }

  // Only what a hand has touched may make a sound, so the first press makes the ears.
  async play() {
    this.ears ??= new AudioContext({ latencyHint: "interactive" });
    this.wanted = true;
    await this.ears.resume().catch(() => {});
    if (this.place >= this.seconds - 0.02) this.seek(0);
    await this.video.play().catch(() => { this.wanted = false; this.turned(false); });
  }
  pause() {
    this.wanted = false;
    this.video.pause();
  }
  toggle() { return this.playing ? this.pause() : this.play(); }

  // While a hand drags, seeks come faster than a film can follow: the last one counts.
  seek(seconds) {
    this.aim = Math.max(0, Math.min(seconds, this.seconds));
    this.moved(this.aim);
    if (this.video.seeking) return;
    this.video.currentTime = this.aim;
    const settled = () => {
      const aim = this.aim;
      this.aim = null;
      if (aim !== null && Math.abs(aim - this.video.currentTime) > 0.02) this.seek(aim);
    };
    this.video.addEventListener("seeked", settled, { once: true });
  }

  // A moment of the sound while the film stands: what a hit sounds like.
  async peek(seconds, lasts = 0.9) {
    if (this.playing || !this.sound) return;
    this.ears ??= new AudioContext({ latencyHint: "interactive" });
    await this.ears.resume().catch(() => {});
    this.hush();
    const source = new AudioBufferSourceNode(this.ears, { buffer: this.sound });
    const gain = new GainNode(this.ears, { gain: 1 });
    source.connect(gain).connect(this.ears.destination);
    const now = this.ears.currentTime;
    gain.gain.setTargetAtTime(0, now + lasts - 0.2, 0.06);
    source.start(now, Math.max(0, seconds - 0.005), lasts);
    this.source = { source, gain, began: now, offset: seconds };
  }

  voice() {
    if (!this.ears || !this.sound || !this.wanted) return;
    // What is heard now left the page a moment ago.
    const late = this.ears.outputLatency || this.ears.baseLatency || 0;
    const offset = this.video.currentTime + late;
    this.hush();
    if (offset >= this.sound.duration) return;
    const source = new AudioBufferSourceNode(this.ears, { buffer: this.sound });
    const gain = new GainNode(this.ears, { gain: 0 });
    source.connect(gain).connect(this.ears.destination);
    gain.gain.setTargetAtTime(1, this.ears.currentTime, FADE / 4);
    source.start(0, Math.max(0, offset));
    this.source = { source, gain, began: this.ears.currentTime, offset };
  }
  hush() {
    if (!this.source) return;
    const { source, gain } = this.source;
    gain.gain.setTargetAtTime(0, this.ears.currentTime, FADE / 4);
    source.stop(this.ears.currentTime + 2 * FADE);
    this.source = null;
  }

  // Every frame while it plays: where it is, whether the sound is still beside it, whether the end is reached.
  follow() {
    if (this.following || !this.playing) return;
    this.following = true;
    const step = () => {
      if (!this.playing) { this.following = false; return; }
      if (this.seconds && this.video.currentTime >= this.seconds - 0.005) this.atEnd();
      this.keepStep();
      this.moved(this.place);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
  keepStep() {
    if (!this.source || this.video.seeking || this.video.readyState < 3) return;
    const heard = this.source.offset + this.ears.currentTime - this.source.began;
    const late = this.ears.outputLatency || this.ears.baseLatency || 0;
    if (Math.abs(heard - late - this.video.currentTime) > DRIFT) this.voice();
  }
  atEnd() {
    this.hush();
    if (!this.wanted) return;
    if (!this.loop) { this.pause(); return; }
    this.seek(0);
    if (this.video.paused) this.video.play().catch(() => {});
  }
}

// A sound file in a data URL as a buffer; no AudioContext is needed, which would want a hand.
async function heard(url) {
  const file = await bytes(url);
  return new OfflineAudioContext(1, 1, RATE).decodeAudioData(file.buffer);
}
// A data URL as a blob's: a film can only be searched in one of these.
async function asBlob(url) {
  return URL.createObjectURL(new Blob([await bytes(url)], { type: url.slice(5, url.indexOf(";")) }));
}
async function bytes(url) {
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
}
