import type { Told } from './prose.js';

/** Last sentences with arithmetic that works out, units and currency in it; and those where it does not, or tells of something else. */
// prettier-ignore
export const worked: Readonly<Record<string, readonly Told[]>> = {
  signs: [
    ['96', 'He baked 12 x 8 = 96 rolls.', true], ['96', 'He baked 12 × 8 = 96 rolls.', true], ['96', 'He baked 12 X 8 = 96 rolls', true], ['96', 'He baked 12*8=96 rolls.', true],
    ['31', 'That leaves 50 – 19 = 31 pages.', true], ['31', 'That leaves 50 - 12 – 7 = 31 pages to read.', true], ['31', 'That leaves 50 − 19 = 31 pages.', true],
    ['7', 'Each child gets 56 ÷ 8 = 7 sweets.', true], ['44', 'In all there are 11(4) = 44 wheels.', true], ['44', 'In all there are (3 + 8) x 4 = 44 wheels.', true], ['44', 'In all there are (3 + 8)(4) = 44 wheels.', true],
    ['96', 'He baked 12 x 8 = 95 rolls.', false], ['95', 'He baked 12 x 8 = 95 rolls.', false, 'strict'], ['8', 'He baked 12 x 8 = 96 rolls.', false], ['12', 'He baked 12 x 8 = 96 rolls.', false],
    ['31', 'That leaves 50 – 19 = 30 pages.', false], ['5', '2x = 5', false], ['2', '2x = 2', false], ['10', '2x = 10', false], ['16', '16/x = 16', false], ['8', 'f(5) + 3 = 8', false], ['4', '3 + x = 4', false],
  ],
  units: [
    ['6', 'So she needs 24 eggs / 4 eggs/cake = 6 cakes.', true], ['25', 'He can work for $300 / $12/hour = 25 hours.', true], ['540', 'They earn 45 hours * $12/hour = $540', true],
    ['540', 'They earn 45 hours x $12 per hour = $540 in a week.', true], ['12000', 'That is $1000/month * 12 months/year = $12,000/year.', true], ['96', 'It is 8 x $12 = $96.', true],
    ['96', 'It is 8 x $12.00 = $96.00', true], ['2.5', 'Each pays $10 / 4 people = $2.50.', true], ['70', 'There are 90 bees - 20 bees = 70 bees left in the hive.', true],
    ['0.25', 'The shop is .50 - .25 = $0.25 dearer.', true], ['4', 'It was shared 10 x .4 = 4 ways.', true], ['1250', 'The sum is 1,000 + 250 = 1,250 words.', true],
    ['33.33', 'Each gets 100 / 3 = 33.33 grams.', true], ['33', 'Each gets 100 / 3 = 33 grams.', false, 'strict'], ['96', 'It is 8 x $12 = $69.', false], ['12', 'It is 8 x $12 = $96.', false],
    ['25', 'He can work for $300 / $12/hour = 26 hours.', false],
  ],
  percent: [
    ['40', 'The share is (4/10)*100 = 40%.', true], ['40', 'The share is 4/10 x 100% = 40%.', true], ['40', 'The share is 100% - 60% = 40%.', true], ['15', 'She saves 30% of 50 = 15 dollars.', true],
    ['15', 'She saves 30% x $50 = $15.', true], ['15', 'She saves 30% of 50 = 16 dollars.', false], ['60', 'The share is 100% - 60% = 40%.', false],
  ],
  rest: [
    ['18', 'So she must write 72 - 54 = 18 more letters to reach her goal of 72 letters.', true], ['12', 'They pay $6.50 + $5.50 = $12 for 5 apples and 5 oranges.', true],
    ['9', 'The boy will be 4 + 5 = 9 years old 5 years from now.', true], ['15', 'So Ada has 25 - 10 = 15 marbles more than Bo.', true], ['20', 'Since she began with $71, she has $71 - $51 = $20 left.', true],
    ['20', 'Then she has 12 + 8 = 20 pens.', true], ['20', 'They cost $20 because 4 x 5 = 20.', true], ['20', 'Subtract what she ate from what she baked: 32 - 12 = 20 rolls', true],
    ['8', '3 + 5 = 8, so half of it is 4.', false], ['8', '3 + 5 = 8 which is too small.', false], ['8', 'There are 3 + 5 = 8 apples and 4 pears.', false], ['8', 'There are 3 + 5 = 8 or 9 apples.', false],
    ['8', '3 + 5 = 8 + 2', false], ['8', '3 + 5 = 8(2)', false], ['8', '3 + 5 = 8/2', false], ['8', 'It is not true that 3 + 5 = 8.', false], ['8', 'Is 3 + 5 = 8?', false], ['8', 'If 3 + 5 = 8 she has enough.', false, 'strict'], ['20', 'If each of the 5 friends pays $4, they pay 5 x 4 = $20.', true], ['20', 'If he had paid, he would have 30 - 10 = 20 left.', false, 'strict'],
    ['78', 'It takes 78 minutes because 39 x 2 = 78', true], ['18', 'It costs $18 because 6 x 3 = 18', true], ['8', 'She wins 80 games because 3 + 5 = 8.', false, 'strict'],
    ['20', 'If it rains, the answer is 20.', false, 'strict'],
    ['36', 'So 54 - 18 = 36 pupils did not come.', true], ['36', 'That leaves 54 - 18 = 36 seats that were taken.', true], ['36', 'His score in the first half is 20 + 16 = 36.', true], ['36', 'She would need 72 / 2 = 36 days.', true],
    ['36', '72 / 2 = 36 is too much.', false], ['36', '72 / 2 = 36 is wrong.', false], ['36', '72 / 2 = 36 is less than 40.', false, 'strict'], ['36', 'We know that 72 / 2 = 36.', false, 'strict'], ['36', 'It is not so that 70 / 2 = 36.', false],
    ['36', 'For example, 72 / 2 = 36.', false, 'strict'],
    ['8', 'Step 1: 3 + 5 = 8.', false, 'strict'], ['8', 'First, 3 + 5 = 8.', false, 'strict'], ['8', 'Check: 3 + 5 = 8.', false, 'strict'], ['8', 'To verify, 3 + 5 = 8.', false, 'strict'], ['8', 'Recall that 3 + 5 = 8.', false, 'strict'],
    ['8', '9 (check: 3 + 5 = 8)', false, 'strict'], ['8', 'There are 3 + 5 = 8 a day for 6 days.', false, 'strict'], ['9', 'There are 3 + 5 = 8 apples on 9 trees.', false, 'strict'], ['8', '10 minus 3 + 5 = 8.', false],
    ['8', 'The answer is 9. Indeed, 3 + 5 = 8.', false], ['8', '3 + 5 = 8. Now double it.', false, 'strict'], ['8', 'She bought 3 + 5 = 8 at first, then 2 more.', false], ['8', '2^3 + 5 = 8', false],
    ['16', 'If each carton costs $4 and she needs 4 of them then it costs 4*4 = $16.00', true], ['20', 'If they make $40 and the supplies cost $20 then the profit is 40-20 = $20', true],
    ['8', 'If 3 + 5 = 8 then she has enough.', false, 'strict'], ['8', 'If she had 3 then she would have 3 + 5 = 8.', false, 'strict'], ['8', 'If it is so then 3 + 5 = 8 is wrong.', false],
    ['42', 'Oldest:21(2)=42 years old', true], ['21', 'Oldest:21(2)=42 years old', false], ['21', 'Oldest:21(2)=43 years old', false],
    ['120', 'The final answer is 15 gallons * 8 pints / gallon = 120 pints', true], ['15', 'The final answer is 15 gallons * 8 pints / gallon = 120 pints', false],
    ['120', 'The answer is 15 gallons x 8 pints/gallon = 120 pints.', true], ['15', 'The answer is 15 gallons x 8 pints/gallon = 120 pints.', false],
    ['48', 'The answer is 12 x $4 = $48.', true], ['48', '#### 12 x $4 = $48', true], ['48', '\\boxed{12 \\times \\$4 = \\$48}', true], ['48', 'The answer is 12 x $4 = $49.', false], ['4', 'The answer is 12 x $4 = $48.', false],
  ],
};

/** Answers that are taken back behind their mark, labels whose value is not the answer, and sentences of something else; with their twins. */
// prettier-ignore
export const revoked: Readonly<Record<string, readonly Told[]>> = {
  'taken back': [
    ['18', 'The answer is 18. No wait, it is 20.', false], ['18', 'The answer is 18. Wait no, it is 20.', false], ['18', 'The answer is 18. Scratch that, 20.', false], ['18', 'The answer is 18. On second thought, it is 20.', false],
    ['18', 'The answer is 18. My mistake, 20.', false], ['18', 'The answer is 18. I mean 20.', false], ['18', 'The answer is 18, I mean 20.', false], ['18', 'The answer is 18. Edit: 20', false], ['18', 'The answer is 18. I made an error.', false],
    ['18', 'The answer is 18. But that is not right.', false], ['18', 'The answer is 18. However, this is incorrect.', false], ['18', '#### 18\nBut actually 8', false], ['18', '#### 18\nScratch that.', false],
    ['18', '\\boxed{18}. Actually, it should be 20.', false], ['18', '\\boxed{18}\n\nWait, I made a mistake. It is 20.', false], ['18', '\\boxed{18}. Scratch that.', false], ['18', 'The answer is \\boxed{18}. Sorry, it is 20.', false],
    ['18', '<answer>18</answer> Wait, that is wrong.', false], ['18', '<answer>18</answer>\nActually 20.', false], ['18', '<answer>18</answer> No, it is 20.', false],
    ['17', 'The answer is 17. The answer is 18. No, that is wrong.', false], ['18', 'So she has 18 eggs. Wait, that is wrong.', false],
    ['20', 'The answer is 18. No wait, it is 20. So the answer is 20.', true], ['20', 'The result is 18. Wait, that is wrong. \\boxed{20}', true], ['20', 'Wait, no. I made a mistake. The answer is 20.', true],
    ['18', 'The answer is 18. No other value works.', true], ['18', '\\boxed{18}. I am sure of it.', true], ['18', '\\boxed{18}\nThis is the number of eggs.', true], ['18', '\\boxed{18}. But note that the order does not matter.', true],
    ['18', 'The answer is 18. I was asked for the number of eggs, so this is right.', true], ['18', 'The answer is 18. My favourite number.', true], ['18', '\\boxed{18}. This is not a prime number.', true],
    ['18', 'The answer is 18. I was able to check it.', true], ['18', 'The answer is 18. It is not the only number, but the least.', true], ['18', '#### 18\nThis was not easy.', true],
    ['18', 'The answer is 18. I was wrong.', false], ['18', "The answer is 18. That's wrong.", false], ['18', "The answer is 18. But that's not right.", false], ['18', "\\boxed{18}. This isn't correct.", false],
    ['18', 'The answer is 18. That’s incorrect.', false], ['18', "\\boxed{18}. This isn't a prime number.", true], ['18', "The answer is 18. It's the least one.", true], ['18', "\\boxed{18}. That's not hard to see.", true], ['18', '\\boxed{18}. That is not right.', false], ['18', '#### 18\nThis is not correct.', false], ['18', '<answer>18</answer> That was incorrect.', false],
  ],
  labels: [
    ['17', 'Wrong result: 17', false], ['6', 'First guess: 6', false], ['6', 'Partial result: 6', false], ['6', 'Intermediate result: 6', false], ['6', 'Old total: 6', false], ['6', 'Rough estimate: 6', false], ['6', 'Upper bound: 6', false],
    ['6', 'Result: 6', true], ['6', 'Total: 6', true], ['6', 'Total eggs: 6', true], ['6', 'Final total: 6', true], ['6', 'Number of eggs: 6', true],
    ['90', 'The total is 84.\nConfidence: 90', false], ['90', 'The total is 84.\nConfidence: 90%', false], ['21', 'The total is 84. Verify: 84/4 = 21', false], ['21', 'The total is 84.\nVerification: 84/4 = 21', false],
    ['5', 'The total is 84.\nDifficulty: 5', false], ['3', '12\nSteps: 3', false],
    ['84', 'The total is 84.\nConfidence: 90', true], ['84', 'So the total is 84.\nConfidence: 90%', true], ['84', 'The total is 84. Verify: 84/4 = 21', true], ['84', 'So the total is 84.\nVerification: 84/4 = 21', true], ['84', '84\nDifficulty: 5', true],
  ],
  reasons: [
    ['A', 'The answer is A because (B) and (C) are wrong.', true], ['B', 'The answer is A because (B) and (C) are wrong.', false], ['C', 'The answer is A because (B) and (C) are wrong.', false],
    ['C', 'I think C is right, as B is too big', true, 'lenient'], ['B', 'I think C is right, as B is too big', false], ['D', 'I would say D is best, since A is too small', true, 'lenient'], ['A', 'I would say D is best, since A is too small', false],
    ['B', 'Because A is too small, B is the answer.', true], ['A', 'Because A is too small, B is the answer.', false], ['B', 'Since A is too small, the answer is B', true],
  ],
  'last lines': [
    ['C', 'Let us weigh the options.\n\nC', true], ['C', 'Let us weigh the options.\n(C)', true], ['72', '6 times 12 equals 72.\n72', true], ['72', 'We multiply the two.\n\n72.', true], ['$72', 'We multiply the two:\n\n$72', true],
    ['x=5', 'We solve for x.\n\nx = 5', true], ['\\frac{1}{2}', 'We divide.\n\n\\frac{1}{2}', true], ['72', 'The number of pages is:\n72', true],
    ['5', 'The numbers are\n3\n4\n5', false, 'strict'], ['72', 'We multiply the two\n72', false, 'strict'], ['2', 'We list the cases.\n1. red\n2. blue', false, 'strict'], ['72', 'The answer is 70.\n72', false], ['5', 'First.\n5 apples were red, we take them', false, 'strict'],
  ],
  others: [
    ['8', 'The event has probability .8.', false], ['0.8', 'The event has probability .8.', true], ['8', 'So the probability is .8', false], ['A', 'A. red; B. blue', false], ['B', 'A. red; B. blue', false, 'strict'], ['A', 'A. red', true],
    ['7', '9 pens, then 7 books', false, 'strict'], ['7', '9 pens and then 7 books.', false, 'strict'], ['18', 'She had 18 eggs at the beginning.', false, 'strict'], ['18', 'After step one, she has 18 left.', false, 'strict'],
    ['18', 'After 3 days, she has 18 left.', true], ['12', '答案不是12', false], ['12', '答案是12', true],
  ],
};
