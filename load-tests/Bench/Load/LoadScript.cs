namespace StoryPortal.Bench.Load;

/// <summary>A load test: the same as the k6 script of its name, for machines without k6. A test compares the stages of both.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Turn">What a user does again and again.</param>
/// <param name="Stages">How many users there are: each stage leads steadily from the number of the one before to its own.</param>
internal sealed record LoadScript(string Name, Func<LoadUser, CancellationToken, Task> Turn, params LoadStage[] Stages)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<LoadScript> All { get; } =
    [
        new("load-test", Turns.LoadTestAsync, new(120, 50), new(300, 100), new(120, 200), new(120, 0)),
        new("smoke", Turns.MixedAsync, new(5, 2), new(20, 2), new(5, 0)),
        new("mixed", Turns.MixedAsync, new(60, 50), new(240, 50), new(30, 0)),
        new("stress", Turns.MixedAsync, new(60, 100), new(120, 100), new(60, 200), new(120, 200), new(60, 400), new(120, 400), new(60, 0)),
        new("spike", Turns.MixedAsync, new(30, 20), new(10, 400), new(60, 400), new(10, 20), new(60, 20), new(10, 0)),
        new("soak", Turns.MixedAsync, new(120, 60), new(3360, 60), new(120, 0)),
    ];

    /// <summary>How long it takes.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Stages.Sum(stage => stage.Seconds));

    /// <summary>The most users that there are at a time.</summary>
    public int MostUsers => Stages.Max(stage => stage.Users);

    /// <summary>The same in <paramref name="scale"/> of the time.</summary>
    public LoadScript Scaled(double scale) => this with { Stages = [.. Stages.Select(stage => stage with { Seconds = stage.Seconds * scale })] };

    /// <summary>How many users there should be.</summary>
    /// <param name="elapsed">Since the start.</param>
    public int UsersAt(TimeSpan elapsed)
    {
        var (from, start) = (0, 0.0);
        foreach (var stage in Stages)
        {
            var within = elapsed.TotalSeconds - start;
            if (within < stage.Seconds)
            {
                return (int)Math.Round(from + ((stage.Users - from) * within / stage.Seconds));
            }

            (from, start) = (stage.Users, start + stage.Seconds);
        }

        return 0;
    }
}

/// <summary>A part of a load test.</summary>
/// <param name="Seconds">How long it takes.</param>
/// <param name="Users">How many users there are at its end.</param>
internal sealed record LoadStage(double Seconds, int Users);
