namespace StoryPortal.Tests.Running;

/// <summary>Tests that measure: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class MeasuredAlone
{
    /// <summary>The collection's name.</summary>
    public const string Name = "measured alone";
}
