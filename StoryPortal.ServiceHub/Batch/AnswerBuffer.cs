using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>How many bytes the answers of one batch may still have, all together.</summary>
internal sealed class AnswerBudget
{
    /// <summary>Bytes of all answers: 16 MiB.</summary>
    public const int Most = 16 * 1024 * 1024;

    private long _left = Most;

    public bool TryTake(int bytes) => Interlocked.Add(ref _left, -bytes) >= 0;

    public void GiveBack(long bytes) => Interlocked.Add(ref _left, bytes);
}

/// <summary>One answer, which is cut off where it would make the batch too large.</summary>
internal sealed class AnswerBuffer(AnswerBudget budget) : MemoryStream
{
    /// <summary>Why it was cut off; null when it was not.</summary>
    public InputException? Refusal { get; private set; }

    // Every other way to write ends here.
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (Refusal is null && !budget.TryTake(count))
        {
            budget.GiveBack(Length + count);
            Refusal = new InputException(
                "path", $"has an answer that would make the batch's larger than {AnswerBudget.Most} bytes; ask for it by itself.", StatusCodes.Status413PayloadTooLarge);
            throw Refusal;
        }

        base.Write(buffer, offset, count);
    }
}
