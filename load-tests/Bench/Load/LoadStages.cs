using System.Globalization;
using System.Text.Json;

namespace StoryPortal.Bench.Load;

/// <summary>How many virtual users a script wants at each moment: each stage leads linearly from the target of the one before to its own.</summary>
internal sealed class LoadStages
{
    private readonly (double Seconds, int Users)[] _stages;

    /// <summary>Reads the option <c>stages</c> of a script.</summary>
    public LoadStages(JsonElement stages) => _stages =
    [
        .. stages.EnumerateArray().Select(stage =>
            (double.Parse(stage.GetProperty("duration").GetString()!.TrimEnd('s'), CultureInfo.InvariantCulture), stage.GetProperty("target").GetInt32())),
    ];

    /// <summary>All stages together.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(_stages.Sum(stage => stage.Seconds));

    /// <summary>The most users at a time.</summary>
    public int MaxUsers => _stages.Max(stage => stage.Users);

    /// <summary>The number of users at a moment.</summary>
    /// <param name="elapsed">Since the start.</param>
    public int UsersAt(TimeSpan elapsed)
    {
        var (from, start) = (0, 0.0);
        foreach (var (seconds, users) in _stages)
        {
            var within = elapsed.TotalSeconds - start;
            if (within < seconds)
            {
                return (int)Math.Round(from + ((users - from) * within / seconds));
            }

            (from, start) = (users, start + seconds);
        }

        return 0;
    }
}
