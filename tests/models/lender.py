"""A stand-in for `spaces.GPU` where it has an effect: it forks."""

import multiprocessing


class Lender:
    """Does as `spaces.GPU` does: each call in a forked worker, values through a pipe, and asks for seconds first."""

    def __init__(self):
        self._fork = multiprocessing.get_context("fork")
        self.asked: list[float] = []
        self.returned = 0

    def __call__(self, duration):
        def decorate(task):
            def lent(*args):
                self.asked.append(duration(*args))
                there, here = self._fork.Pipe()
                worker = self._fork.Process(target=_serve, args=(task, args, here, there), daemon=True)
                worker.start()
                here.close()
                try:
                    while (message := there.recv()) is not None:
                        yield message
                        there.send("next")
                finally:
                    there.close()
                    worker.join(10)
                    self.returned += not worker.is_alive()

            return lent

        return decorate


def _serve(task, args, pipe, other_end) -> None:
    other_end.close()  # else nobody would notice when the one who asked has gone
    answers = task(*args)
    try:
        for answer in answers:
            pipe.send(answer)
            pipe.recv()
        pipe.send(None)
    except (EOFError, OSError):  # whoever asked has gone
        answers.close()
