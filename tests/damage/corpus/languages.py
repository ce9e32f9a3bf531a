"""Languages that a list of the usual ones leaves out: what is not known has to stay as well."""

from tests.damage.corpus.words import Dice


def ruby(dice: Dice, lines: int) -> str:
    """Blocks, symbols, heredocs whose blanks count."""
    out = ["# frozen_string_literal: true", ""]
    while len(out) < lines:
        name, noun = dice.name(), dice.noun()
        out += [
            f"class {dice.type()}{len(out)} < Base",
            f"  # {dice.sentence()}",
            f"  def {name}(env, options = {{}}, **rest)",
            f"    {noun}s.select {{ |one| one[:state] == '{noun}' }}.map   do |one|",
            "      puts <<~TEXT",
            "        Dear  #{one.name},   ",
            "",
            "",
            "",
            "        please note that it is ready",
            "      TEXT",
            f"      one.total ** {dice.randint(2, 5)}",
            "    end",
            "  end",
            "end",
            "",
        ]
    return "\n".join(out) + "\n"


def lisp(dice: Dice, lines: int) -> str:
    """Parentheses and documentation texts."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"(defun {dice.name().replace('_', '-')} (list &optional (n {dice.randint(1, 9)}))",
            f'  "{dice.sentence()}"',
            f"  (let* (({dice.noun()}   (car list))",
            f"         ({dice.noun()}  (* n n)))",
            "    (cond ((null list)  nil)",
            "          (t  (cons n (rest list))))))",
            "",
        ]
    return "\n".join(out) + "\n"


def haskell(dice: Dice, lines: int) -> str:
    """Layout that is syntax; aligned arrows; operators of stars."""
    out = ["module Main (main) where", "", "import qualified Data.Map as Map", ""]
    while len(out) < lines:
        name = dice.camel()
        out += [
            f"-- | {dice.sentence()}",
            f"{name} :: Int  -> [Int] -> Maybe Int",
            f"{name} _ []        = Nothing",
            f"{name} n (x : xs)",
            f"  | n == {dice.randint(0, 9)}    = Just (x ** 2)",
            f"  | otherwise = {name} (n - 1) xs",
            f"  where {dice.noun()}  = n",
            "",
        ]
    return "\n".join(out) + "\n"


def assembly(dice: Dice, lines: int) -> str:
    """Columns of labels, instructions, operands and remarks; the same instructions again and again."""
    out = ["        .text", "        .globl  main"]
    while len(out) < lines:
        out += [
            f"{dice.noun()}_{len(out)}:",
            "        push    rbp                 ; please keep",
            "        mov     rbp, rsp",
            f"        mov     eax, {dice.randint(0, 255)}",
            "        mov     rbp, rsp",
            f"        jmp     .L{dice.randint(1, 9)}               ; in order to leave",
            "        ret",
        ]
    return "\n".join(out) + "\n"


def css(dice: Dice, lines: int) -> str:
    """Rules with the same declarations in many of them."""
    out = [f"/* {dice.sentence()} */"]
    while len(out) < lines:
        out += [
            f".{dice.noun()}  > .{dice.noun()}:not(.{dice.noun()}),",
            f"[data-kind='{dice.noun()}  {dice.noun()}'] {{",
            "  margin: 0  auto;",
            "  font: 12px/1.5  'Two  Blanks', serif;",
            f"  width: {dice.randint(1, 99)}%;   /* with respect to the parent */",
            "}",
            "",
        ]
    return "\n".join(out) + "\n"


def lua(dice: Dice, lines: int) -> str:
    """Tables and long texts in brackets."""
    out: list[str] = []
    while len(out) < lines:
        out += [
            f"local function {dice.name()}(items, limit)",
            f"  -- {dice.sentence()}",
            f'  local config = {{ name = "{dice.noun()}",   sizes = {{ 1, 2,  3 }} }}',
            "  local text = [[",
            "in order  to",
            "",
            "",
            "",
            "  go on]]",
            f"  return #items > limit  and config or text .. {dice.randint(1, 9)} ^ 2",
            "end",
            "",
        ]
    return "\n".join(out) + "\n"


def gherkin(dice: Dice, lines: int) -> str:
    """Scenarios in near English, with steps that are the same in each and tables of examples."""
    out = [f"Feature: {dice.type()}", ""]
    while len(out) < lines:
        out += [
            f"  Scenario Outline: {dice.name().replace('_', ' the ')} {len(out)}",
            "    Given the customer is logged in and the basket of the customer is empty",
            f"    When the customer puts a <thing> of {dice.amount()} into the basket",
            "    Then the customer is asked to pay prior to the delivery of the order",
            "",
            "    Examples:",
            "      | thing   | count |",
            f"      | {dice.noun():<7} | {dice.randint(1, 9):>5} |",
            "",
        ]
    return "\n".join(out) + "\n"
