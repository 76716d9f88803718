"""The page's side of the line, `assets/live/photographer.js`, in a real browser and without a house."""

from tests.browser.harness import ROOT

# take(order) stays unanswered until the test answers it, in whatever order.
PLAY = """async () => {
  const asked = [], hung = [], said = [];
  const take = (order) => new Promise((answer) => asked.push({ order, answer }));
  const hang = (photo, order) => hung.push([photo, order]);
  const hand = new Photographer({ take, hang, say: (sentence) => said.push(sentence) });
  const soon = () => new Promise((done) => setTimeout(done));
  hand.order({ n: 1 });
  hand.order({ n: 2 });
  hand.order({ n: 3 });
  const patience = hand.roundTrip;
  asked[0].answer({ stale: true });
  await soon();
  const afterStale = [hand.roundTrip === patience, hung.length, said.length, hand.underway];
  asked[2].answer({ photo: "three" });
  await soon();
  asked[1].answer({ photo: "two" });
  await soon();
  return { orders: asked.map(({ order }) => order), afterStale, hung, said };
}"""


def test_the_house_is_told_whose_hand_asks_and_what_is_stale_changes_nothing(browser):
    page = browser.new_page()
    page.add_script_tag(
        content=(ROOT / "assets/live/photographer.js").read_text() + "\nwindow.Photographer = Photographer;"
    )
    seen = page.evaluate(PLAY)
    page.close()
    orders = seen["orders"]
    assert [(order["n"], order["number"]) for order in orders] == [(1, 1), (2, 2), (3, 3)]
    assert len({order["hand"] for order in orders}) == 1 and 8 < len(orders[0]["hand"]) <= 64
    assert seen["afterStale"] == [True, 0, 0, 2], "the third is asked for in its place, and nothing is hung or said"
    assert seen["hung"] == [["three", {"n": 3}]] and seen["said"] == [""], "the second comes too late"
